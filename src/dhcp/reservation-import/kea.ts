import { WireError } from "../../errors.ts";
import { type JsonNode, parseJsonTree, positionOf } from "../../store/json-tree.ts";
import { parseIpv4 } from "../../wire/ipv4.ts";
import {
  type Found,
  hexOf,
  isIpv4Text,
  type Left,
  type LeftReason,
  labelOf,
  leftOut,
  looseMac,
} from "./found.ts";

type Members = readonly { readonly key: string; readonly value: JsonNode }[];
type Context = { readonly text: string; readonly lineOf: (node: JsonNode) => number };

/** Kea's DHCPv4 configuration: JSON with comments of three kinds and commas before a bracket. */
export function parseKea(text: string): readonly Found[] {
  const plain = blankComments(text);
  try {
    const tree = parseJsonTree(plain);
    const dhcp4 = membersOf(tree).find(({ key }) => key === "Dhcp4")?.value ?? tree;
    const lines = lineStarts(plain);
    return readScope(dhcp4, { text: plain, lineOf: ({ offset }) => lineAt(lines, offset) });
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const offset = Number(error.details["offset"] ?? 0);
    const { line } = positionOf(plain, offset);
    return [{ kind: "left", line, ...leftOut(error.message, "unreadable") }];
  }
}

/** The same text with blanks for comments and for commas that end a list, so that offsets stay. */
export function blankComments(text: string): string {
  const blank = (match: string) => match.replaceAll(/[^\n]/g, " ");
  const pattern = /"(?:[^"\\\n]|\\.)*"|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|<\?[^\n]*?\?>/g;
  const plain = text.replaceAll(pattern, (match) => (match.startsWith('"') ? match : blank(match)));
  return plain.replaceAll(/"(?:[^"\\\n]|\\.)*"|,(?=\s*[\]}])/g, (match) => {
    return match === "," ? " " : match;
  });
}

function lineStarts(text: string): readonly number[] {
  return [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
}

// Files have 100,000 reservations: a search for each, not a count of all lines before it.
function lineAt(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}

function membersOf(node: JsonNode | undefined): Members {
  return node?.kind === "object" ? node.members : [];
}

function itemsOf(node: JsonNode): readonly JsonNode[] {
  return node.kind === "list" ? node.items : [];
}

function stringOf(members: Members, wanted: string): string | undefined {
  const value = members.find(({ key }) => key === wanted)?.value;
  return value?.kind === "string" ? value.value : undefined;
}

const Scopes: ReadonlySet<string> = new Set(["subnet4", "shared-networks"]);
// What names a scope rather than asks something of the server.
const Names: ReadonlySet<string> = new Set(["id", "name", "subnet", "comment", "user-context"]);

function readScope(scope: JsonNode, context: Context): readonly Found[] {
  return membersOf(scope).flatMap(({ key, value }): readonly Found[] => {
    const { lineOf } = context;
    const line = lineOf(value);
    if (key === "reservations") return itemsOf(value).map((one) => readHost(one, context));
    if (Scopes.has(key)) return itemsOf(value).flatMap((one) => readScope(one, context));
    if (key === "option-data") return itemsOf(value).map((one) => readOption(one, lineOf(one)));
    if (key === "pools") return itemsOf(value).map((one) => readPool(one, lineOf(one)));
    if (Names.has(key)) return [];
    if (key === "valid-lifetime" && value.kind === "number") {
      const setting = `dhcp.lease: ${value.value}s`;
      return [{ kind: "setting", line, text: key, setting }];
    }
    const isBoot = ["next-server", "boot-file-name", "server-hostname"].includes(key);
    return [{ kind: "left", line, ...leftOut(key, isBoot ? "boot-is-ours" : "no-counterpart") }];
  });
}

function readPool(pool: JsonNode, line: number): Found {
  const text = stringOf(membersOf(pool), "pool") ?? "";
  const [first = "", last = ""] = text.split("-").map((one) => one.trim());
  if (!isIpv4Text(first) || !isIpv4Text(last)) {
    return { kind: "left", line, ...leftOut(`pool ${text}`, "unreadable") };
  }
  const said = leftOut(`pool ${text}`, "option").text;
  return { kind: "setting", line, text: said, setting: `dhcp.pools: [${first}-${last}]` };
}

const OptionSettings: ReadonlyMap<string, (data: string) => string> = new Map([
  ["routers", (data: string) => `dhcp.router: ${data}`],
  ["domain-name-servers", (data: string) => `dhcp.dns: [${data}]`],
  ["domain-name", (data: string) => `dns.domain: ${data}`],
]);

function readOption(option: JsonNode, line: number): Found {
  const members = membersOf(option);
  const [name = "", data = ""] = [stringOf(members, "name"), stringOf(members, "data")];
  const { text } = leftOut(`option ${name} ${data}`, "option");
  const known = OptionSettings.get(name);
  if (known === undefined) return { kind: "left", line, text, reason: "option" };
  return { kind: "setting", line, text, setting: known(data) };
}

const HostParts: Readonly<Record<string, LeftReason>> = {
  "client-classes": "condition",
  "option-data": "option",
  "next-server": "boot-is-ours",
  "boot-file-name": "boot-is-ours",
  "server-hostname": "boot-is-ours",
};
const Identifiers: ReadonlySet<string> = new Set(["duid", "flex-id"]);

const Taken: ReadonlySet<string> = new Set([
  ...["hw-address", "client-id", "circuit-id", "ip-address", "hostname"],
  ...["user-context", "comment"],
]);

function readHost(node: JsonNode, { text, lineOf }: Context): Found {
  const line = lineOf(node);
  const members = membersOf(node);
  const refuse = (reason: LeftReason): Found => {
    return { kind: "left", line, ...leftOut(text.slice(node.offset, node.offset + 200), reason) };
  };
  const hardware = stringOf(members, "hw-address");
  const mac = hardware === undefined ? undefined : looseMac(hardware);
  if (hardware !== undefined && mac === undefined) return refuse("not-ethernet");
  const clientId = hexOf(stringOf(members, "client-id") ?? "");
  const circuitId = hexOf(stringOf(members, "circuit-id") ?? "");
  if ((mac ?? clientId ?? circuitId) === undefined) {
    return refuse(members.some(({ key }) => Identifiers.has(key)) ? "identifier" : "unreadable");
  }
  const address = stringOf(members, "ip-address");
  const name = stringOf(members, "hostname") ?? "";
  const hostname = labelOf(name);
  const isAddress = address !== undefined && isIpv4Text(address);
  const parts: readonly Left[] = [
    ...(address !== undefined && !isAddress ? [leftOut(address, "unreadable")] : []),
    ...(name !== "" && hostname !== name.toLowerCase() ? [leftOut(name, "not-a-host-name")] : []),
    ...members.flatMap(({ key, value }): readonly Left[] => {
      const isEmpty = value.kind === "list" && value.items.length === 0;
      if (Taken.has(key) || isEmpty) return [];
      const reason = Identifiers.has(key) ? "identifier" : (HostParts[key] ?? "no-counterpart");
      return [leftOut(key, reason)];
    }),
  ];
  const host = {
    ...(mac && { mac }),
    ...(clientId !== undefined && { clientId }),
    ...(circuitId !== undefined && { circuitId }),
    ...(isAddress && { address: parseIpv4(address) }),
    ...(hostname !== undefined && { hostname }),
  };
  return { kind: "host", line, host, left: parts };
}
