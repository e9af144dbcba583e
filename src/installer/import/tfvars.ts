import { KindlingError } from "../../errors.ts";
import { parseMac } from "../../wire/mac.ts";
import type { NodeRole } from "../cluster.ts";
import type { ClusterDraft, DraftBlock, DraftMachine, DraftSetting } from "./draft.ts";
import { type HclValue, parseHcl } from "./hcl.ts";
import { DroppedPrefixes, DroppedVariables } from "./tfvars-table.ts";

const prefix = "tectonic_";

/** Gives machines consecutive addresses, since the old platform knew none. */
export type AddressGiver = () => string | undefined;

/**
 * The `terraform.tfvars` of Tectonic's metal platform as a draft. Every variable is taken over, or told
 * with the reason why it is not; no password is ever repeated.
 */
export function importTfvars(text: string, addressOf: AddressGiver): ClusterDraft {
  const variables = new Map(parseHcl(text).map(({ name, value }) => [shortName(name), value]));
  const used = new Set<string>();
  const read: Reader = {
    text(name) {
      used.add(name);
      const value = variables.get(name);
      return value?.kind === "text" ? value.text : "";
    },
    list(name) {
      used.add(name);
      return textsOf(variables.get(name));
    },
  };
  const nodes = [
    ...machinesOf("controller", read, addressOf),
    ...machinesOf("worker", read, addressOf),
  ];
  const { settings, dropped } = settingsOf(read, nodes);
  const others = [...variables.keys()].filter((name) => !used.has(name));
  return {
    source: "a terraform.tfvars of the metal platform",
    machines: nodes.map(({ machine }) => machine),
    settings,
    dropped: [
      ...dropped,
      ...others.map((name) => ({ what: `${prefix}${name}`, why: whyNot(name) })),
    ],
  };
}

/** Asks for variables, and remembers which. */
type Reader = {
  readonly text: (name: string) => string;
  readonly list: (name: string) => readonly string[];
};

type FoundMachine = { readonly machine: DraftMachine; readonly domain: string };

function machinesOf(
  role: NodeRole,
  read: Reader,
  addressOf: AddressGiver,
): readonly FoundMachine[] {
  const names = read.list(`metal_${role}_names`);
  const domains = read.list(`metal_${role}_domains`);
  const macs = read.list(`metal_${role}_macs`);
  if (names.length !== macs.length || domains.length > macs.length) {
    const counts = `${names.length} names, ${domains.length} domains and ${macs.length} MAC addresses`;
    const message = `want as many of each for ${role}s, got ${counts}: mend the lists`;
    throw new KindlingError("config.invalid", message, { role });
  }
  return macs.map((mac, at) => {
    const [first = "", ...rest] = (domains[at] ?? "").split(".");
    const address = addressOf();
    const name = first === "" ? (names[at] ?? "") : first;
    const machine = { role, name, mac: parseMac(mac), ...(address !== undefined && { address }) };
    return { machine, domain: rest.join(".") };
  });
}

type Part = Pick<ClusterDraft, "settings" | "dropped">;

function settingsOf(read: Reader, nodes: readonly FoundMachine[]): Part {
  const domain = nodes.find((node) => node.domain !== "")?.domain ?? "";
  const strangers = nodes
    .filter((node) => node.domain !== domain)
    .map(({ machine }) => machine.name);
  const keys = read.text("ssh_authorized_key");
  const pull = read.text("pull_secret_path");
  const email = read.text("admin_email");
  const plain: readonly (DraftSetting | undefined)[] = [
    { key: "name", value: read.text("cluster_name") },
    { key: "domain", value: domain },
    given("apiName", read.text("metal_controller_domain")),
    given("consoleName", read.text("metal_ingress_domain")),
    given("podCidr", read.text("cluster_cidr")),
    given("serviceCidr", read.text("service_cidr")),
    {
      key: "operatingSystem",
      value: { name: "flatcar", version: "current" },
      note: "name a version that the library has",
    },
    keys === "" ? undefined : { key: "sshKeys", value: keys.trim().split("\n") },
    pull === "" ? undefined : { key: "pullSecret", value: { file: pull } },
    email === "" ? undefined : { key: "administrator", value: { email: email.toLowerCase() } },
    authorityOf(read),
    etcdOf(read),
  ];
  const networking = read.text("networking");
  const dropped = [
    ...strangers.map((what) => ({
      what,
      why: `its domain is not ${domain}, which all others share`,
    })),
    ...(["", "flannel"].includes(networking)
      ? []
      : [{ what: `tectonic_networking = ${networking}`, why: "the pod network is flannel's" }]),
  ];
  return { settings: plain.filter((setting) => setting !== undefined), dropped };
}

function given(key: string, value: string): DraftSetting | undefined {
  return value === "" ? undefined : { key, value };
}

function authorityOf(read: Reader): DraftSetting | undefined {
  const [certificate, key] = [read.text("ca_cert"), read.text("ca_key")];
  if (certificate === "" || key === "") return undefined;
  const note = "a secret: move it to a file, and write { file: … }";
  return { key: "authority", value: { certificate: lines(certificate), key: lines(key) }, note };
}

// A PEM text stays a block of lines, even where the file had it in one string.
function lines(pem: string): string {
  return pem.endsWith("\n") ? pem : `${pem}\n`;
}

function etcdOf(read: Reader): DraftSetting | undefined {
  const servers = read.list("etcd_servers");
  const file = (name: string): DraftBlock => ({ file: read.text(`etcd_${name}_path`) });
  const files = {
    authority: file("ca_cert"),
    clientCertificate: file("client_cert"),
    clientKey: file("client_key"),
  };
  if (servers.length === 0) return undefined;
  const endpoints = servers.map((server) => {
    return server.includes("://") ? server.replace(/^http:/, "https:") : `https://${server}:2379`;
  });
  return { key: "etcd", value: { endpoints, ...files } };
}

function shortName(name: string): string {
  return name.startsWith(prefix) ? name.slice(prefix.length) : name;
}

function textsOf(value: HclValue | undefined): readonly string[] {
  if (value?.kind !== "list") return [];
  return value.items.flatMap((item) =>
    item.kind === "text" && item.text !== "" ? [item.text] : [],
  );
}

function whyNot(name: string): string {
  const start = Object.keys(DroppedPrefixes).find((one) => name.startsWith(one));
  const known = start === undefined ? DroppedVariables[name] : DroppedPrefixes[start];
  return known ?? "no variable of the metal platform is known by this name";
}
