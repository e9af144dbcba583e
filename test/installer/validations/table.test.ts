import { describe, expect, it } from "vitest";
import type { AuthorityFacts, ClusterSurroundings } from "../../../src/installer/surroundings.ts";
import { judge } from "../../../src/installer/validation.ts";
import { Validations } from "../../../src/installer/validations/table.ts";
import { parseIpv4 } from "../../../src/wire/ipv4.ts";
import { parseMac } from "../../../src/wire/mac.ts";
import { parseSubnet } from "../../../src/wire/subnet.ts";
import {
  type ClusterName,
  ClusterNames,
  clusterOf,
  clusterText,
  goodSite,
  readCluster,
} from "../../support/cluster.ts";

/** A description that breaks one rule: by other text, or on another site. */
type Case = {
  readonly id: string;
  readonly of?: ClusterName;
  readonly swap?: readonly [string | RegExp, string];
  readonly add?: string;
  readonly site?: Partial<ClusterSurroundings>;
  /** Where it stands, and a part of what is told. */
  readonly want: readonly [path: string, what: string];
};

const [image, second] = goodSite.images ?? [];
const [bundle] = goodSite.bundles ?? [];
const [served] = goodSite.subnets ?? [];
if (!image || !second || !bundle || !served) throw new Error("the good site has one of each");
const mac = parseMac("52:54:00:00:00:99");
const kept = (address: string) => ({
  subnets: [{ ...served, reservations: [{ address: parseIpv4(address), mac }] }],
});
const files = (from: readonly (typeof image.files)[number][]) => ({
  images: [{ ...image, files: from }],
});
const given = (authority: AuthorityFacts) => ({ authority });
const usable = { kind: "usable", notBefore: 0, notAfter: Date.UTC(2036, 0) } as const;
const moreWorkers = (count: number) =>
  Array.from({ length: count }, (_, at) => {
    return `  - { name: x${at}, mac: "5254.0077.1${String(at).padStart(3, "0")}", address: 10.77.9.${at} }\n`;
  }).join("");

const Cases: readonly Case[] = [
  { id: "name.cluster", swap: ["name: demo", "name: my_cluster"], want: ["name", "my_cluster"] },
  { id: "name.cluster", swap: ["name: demo", "name: -a"], want: ["name", '"-a"'] },
  { id: "name.domain", swap: ["domain: example.lan", "domain: lan"], want: ["domain", '"lan"'] },
  { id: "name.domain", add: "apiName: a..lan", want: ["apiName", "a..lan"] },
  { id: "name.machine", swap: ["name: w1", "name: w1.x"], want: ["workers.0.name", "w1.x"] },
  { id: "name.service-taken", add: "apiName: c1.example.lan", want: ["apiName", "machine c1"] },
  {
    id: "name.service-taken",
    add: "consoleName: demo-k8s.example.lan",
    want: ["consoleName", "both are"],
  },
  { id: "machine.name-twice", swap: ["name: w1", "name: c1"], want: ["workers.0.name", "c1"] },
  {
    id: "machine.mac-twice",
    swap: ["52:54:00:77:02:01", "525400770101"],
    want: ["workers.0.mac", "52:54:00:77:01:01 is that of the controller c1"],
  },
  {
    id: "machine.uuid-twice",
    swap: [/mac: \S+,/g, "uuid: 4c4c4544-0051-3010-8052-b4c04f4d3132,"],
    want: ["workers.0.uuid", "c1"],
  },
  {
    id: "machine.address-twice",
    swap: ["10.77.0.21", "10.77.0.11"],
    want: ["workers.0.address", "10.77.0.11"],
  },
  {
    id: "machine.address-twice",
    swap: ["10.77.0.21 }", "10.77.0.21, bmc: { address: 10.77.0.11 } }"],
    want: ["workers.0.address", "10.77.0.11"],
  },
  {
    id: "machine.mac-group",
    swap: ["52:54:00:77:02:01", "01:00:5e:00:00:01"],
    want: ["workers.0.mac", "01:00:5e"],
  },
  {
    id: "machine.uuid-placeholder",
    swap: ["mac: 52:54:00:77:02:01", "uuid: 03000200-0400-0500-0006-000700080009"],
    want: ["workers.0.uuid", "03000200"],
  },
  {
    id: "machine.controllers-even",
    swap: ["workers:\n", ""],
    want: ["controllers", "2"],
  },
  {
    id: "machine.controllers-many",
    swap: ["workers:\n", moreWorkers(9)],
    want: ["controllers", "11"],
  },
  {
    id: "machine.no-worker",
    swap: ["workers:\n", "kubernetes: { version: v1.36.1 }\ninfra:\n"],
    want: ["workers", "none"],
  },
  { id: "machine.few", want: ["", "2 in all"] },
  {
    id: "network.inside-clash",
    add: "serviceCidr: 10.2.128.0/17",
    want: ["serviceCidr", "10.2.0.0/16 and 10.2.128.0/17"],
  },
  {
    id: "network.machine-clash",
    add: "podCidr: 10.64.0.0/11",
    want: ["controllers.0.address", "10.64.0.0/11"],
  },
  { id: "network.lan-clash", add: "podCidr: 10.76.0.0/15", want: ["podCidr", "10.77.0.0/24"] },
  { id: "network.docker", add: "podCidr: 172.16.0.0/15", want: ["podCidr", "172.17.0.0/16"] },
  { id: "network.docker-next", add: "podCidr: 172.30.0.0/16", want: ["podCidr", "172.24.0.0/13"] },
  {
    id: "network.pods-full",
    add: "podCidr: 10.2.0.0/24",
    want: ["podCidr", "2 machines, room for 1"],
  },
  { id: "network.pods-full", add: "podCidr: 10.2.0.0/25", want: ["podCidr", "room for 0"] },
  { id: "network.pods-tight", add: "podCidr: 10.2.0.0/23", want: ["podCidr", "room for 2"] },
  {
    id: "network.pods-link",
    add: "kubernetes: { version: v1.36.1 }",
    site: {
      subnets: ["10.77.0.0/28", "10.77.0.16/28"].map((subnet) => {
        return { ...served, subnet: parseSubnet(subnet) };
      }),
    },
    want: ["workers.0.address", "10.77.0.21 is not in 10.77.0.0/28"],
  },
  { id: "network.services-size", add: "serviceCidr: 10.0.0.0/11", want: ["serviceCidr", "/11"] },
  { id: "network.services-size", add: "serviceCidr: 10.3.0.0/29", want: ["serviceCidr", "/29"] },
  { id: "network.port-taken", add: "apiPort: 10250", want: ["apiPort", "10250"] },
  {
    id: "address.outside",
    swap: ["10.77.0.21", "10.78.0.21"],
    want: ["workers.0.address", "10.78.0.21"],
  },
  { id: "address.special", swap: ["10.77.0.21", "10.77.0.1"], want: ["workers.0.address", "0.1"] },
  {
    id: "address.special",
    swap: ["10.77.0.21", "10.77.0.255"],
    want: ["workers.0.address", "10.77.0.255"],
  },
  { id: "address.taken", site: kept("10.77.0.21"), want: ["workers.0.address", `kept for ${mac}`] },
  {
    id: "address.in-pool",
    swap: ["10.77.0.21", "10.77.0.150"],
    want: ["workers.0.address", "10.77.0.100-10.77.0.200"],
  },
  {
    id: "dns.elsewhere",
    site: { lookups: new Map([["demo-k8s.example.lan", [parseIpv4("10.77.0.9")]]]) },
    want: ["apiName", "10.77.0.9"],
  },
  { id: "dns.foreign", site: { zones: ["other.lan"] }, want: ["apiName", "demo-k8s.example.lan"] },
  {
    id: "image.missing",
    site: { images: [] },
    want: ["operatingSystem", "flatcar 4230.2.0 for x86_64"],
  },
  {
    id: "image.unverified",
    site: { images: [{ ...image, verified: false }] },
    want: ["operatingSystem", "Flatcar"],
  },
  {
    id: "image.incomplete",
    site: files(image.files.slice(1)),
    want: ["operatingSystem", "no kernel"],
  },
  {
    id: "image.incomplete",
    site: files(image.files.slice(0, 2)),
    want: ["operatingSystem", "no disk"],
  },
  {
    id: "image.incomplete",
    site: files(image.files.map(({ rawSha256: _, ...file }) => file)),
    want: ["operatingSystem", "no checksum"],
  },
  {
    id: "image.disk-rule",
    swap: ["version: 4230.2.0 }", "version: 4230.2.0, install: coreos-installer }"],
    want: ["controllers.0.disk", "smallest"],
  },
  {
    id: "bundle.missing",
    of: "ha",
    site: { bundles: [] },
    want: ["kubernetes.version", "v1.36.1"],
  },
  {
    id: "bundle.incomplete",
    of: "ha",
    site: { bundles: [{ ...bundle, files: new Map([...bundle.files].slice(1)) }] },
    want: ["kubernetes.version", "etcd"],
  },
  { id: "etcd.no-program", swap: [/etcd: .*\n/, ""], want: ["etcd", "neither"] },
  {
    id: "etcd.nothing-to-do",
    of: "external",
    swap: [/kubernetes: .*\n/, ""],
    want: ["etcd", "elsewhere"],
  },
  {
    id: "authority.unusable",
    of: "external",
    site: given({ kind: "unusable", why: "the key of another certificate" }),
    want: ["authority", "the key of another"],
  },
  {
    id: "authority.expired",
    of: "external",
    site: given({ ...usable, notAfter: goodSite.now }),
    want: ["authority", "it ended on 2026-11-30"],
  },
  {
    id: "authority.expired",
    of: "external",
    site: given({ ...usable, notBefore: goodSite.now + 1 }),
    want: ["authority", "it begins on 2026-11-30"],
  },
  {
    id: "authority.ends-soon",
    of: "external",
    site: given({ ...usable, notAfter: goodSite.now + 100.5 * 86_400_000 }),
    want: ["authority", "it ends in 100 days"],
  },
  {
    id: "ssh.private",
    swap: [/sshKeys: .*/, 'sshKeys: ["-----BEGIN OPENSSH PRIVATE KEY-----"]'],
    want: ["sshKeys.0", "-----BEGIN"],
  },
  { id: "ssh.unreadable", swap: [/AECAwQF/, ""], want: ["sshKeys.0", "ssh-ed25519"] },
  { id: "ssh.none", swap: [/sshKeys: .*/, ""], want: ["sshKeys", "none"] },
  { id: "pull-secret.form", add: "pullSecret: '{}'", want: ["pullSecret", 'no "auths"'] },
  { id: "pull-secret.form", add: "pullSecret: '{'", want: ["pullSecret", 'no "auths"'] },
  {
    id: "pull-secret.form",
    add: `pullSecret: '{"auths":{}}'`,
    want: ["pullSecret", "names no registry"],
  },
  {
    id: "pull-secret.form",
    add: `pullSecret: '{"auths":{"quay.io":{}}}'`,
    want: ["pullSecret", 'quay.io has neither "auth"'],
  },
  {
    id: "etcd.endpoint",
    of: "external",
    swap: ["https://10.77.0.52:2379", "http://10.77.0.52"],
    want: ["etcd.endpoints.1", "http://10.77.0.52"],
  },
  {
    id: "administrator.email",
    add: "administrator: { email: anna }",
    want: ["administrator.email", "anna"],
  },
  {
    id: "firewall.provisioner",
    site: { origin: "http://boot.lan:8080" },
    want: ["firewall", "no address of boot.lan"],
  },
  {
    id: "firewall.provisioner",
    of: "ha",
    site: { mirror: { origin: "https://mirror.lan" } },
    want: ["firewall", "no address of mirror.lan"],
  },
  { id: "firewall.no-user", site: { subnets: [] }, want: ["firewall.userNetworks", "none"] },
];

function judged({ of = "smallest", swap, add = "", site }: Omit<Case, "id" | "want">) {
  const text = `${clusterText(of)}${add}\n`;
  const cluster = readCluster(swap ? text.replace(...swap) : text);
  return judge(Validations, cluster, { ...goodSite, ...site });
}

describe("Validations", () => {
  it.each(Cases)("$id tells $want.1", ({ id, want: [path, what], ...rest }) => {
    const found = judged(rest).findings.filter((finding) => finding.id === id);
    expect(found[0]).toMatchObject({ path, what: expect.stringContaining(what) });
  });

  it("has a case for each row, and none for a row that is gone", () => {
    const ids = Validations.map(({ id }) => id);
    expect(new Set(Cases.map(({ id }) => id))).toEqual(new Set(ids));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(ClusterNames)("finds no error in %s", (name) => {
    const { findings, unknown } = judge(Validations, clusterOf(name), goodSite);
    expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(unknown).toEqual([]);
  });

  it("finds nothing at all in the cluster of many parts", () => {
    expect(judge(Validations, clusterOf("ha"), goodSite).findings).toEqual([]);
  });

  it("tells which rows could not look, and guesses nothing", () => {
    const { now, origin, joinOrigin } = goodSite;
    const { findings, unknown } = judge(Validations, clusterOf("external"), {
      now,
      origin,
      joinOrigin,
    });
    expect(findings.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(unknown).toEqual([
      ...["network.lan-clash", "network.pods-link"],
      ...["address.outside", "address.special", "address.taken", "address.in-pool"],
      ...["dns.elsewhere", "dns.foreign"],
      ...["image.missing", "image.unverified", "image.incomplete"],
      ...["bundle.missing", "bundle.incomplete"],
      ...["authority.unusable", "authority.expired", "authority.ends-soon"],
    ]);
  });

  it("lets a machine have an address of a pool that is kept for it", () => {
    const address = parseIpv4("10.77.0.150");
    const own = { address, mac: parseMac("52:54:00:77:02:01") };
    const subnets = [{ ...served, reservations: [own] }];
    const { findings } = judged({ swap: ["10.77.0.21", "10.77.0.150"], site: { subnets } });
    expect(findings.filter(({ id }) => id.startsWith("address."))).toEqual([]);
  });

  it("knows that a larger subnet around the pods is no clash with itself", () => {
    const subnets = [{ ...served, subnet: parseSubnet("10.77.0.0/16") }];
    const { findings } = judged({ site: { subnets } });
    expect(findings.filter(({ id }) => id === "network.lan-clash")).toEqual([]);
  });
});
