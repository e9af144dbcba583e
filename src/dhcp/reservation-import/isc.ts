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
import { type IscStatement, parseIsc } from "./isc-statement.ts";

/** dhcpd.conf: its `host` blocks wherever they stand, and what else has words here. */
export function parseIscConfig(text: string): readonly Found[] {
  const { statements, faults } = parseIsc(text);
  const unread = faults.map(({ line, text }): Found => {
    return { kind: "left", line, ...leftOut(text, "unreadable") };
  });
  return [...readBlock(statements), ...unread].toSorted((a, b) => a.line - b.line);
}

// Whatever stands in a class, a pool with conditions or an `if` holds for some machines only.
const Conditions: ReadonlySet<string> = new Set(["class", "subclass", "if", "elsif", "else"]);
const Containers: ReadonlySet<string> = new Set(["subnet", "shared-network", "group", "pool"]);

function readBlock(statements: readonly IscStatement[]): readonly Found[] {
  return statements.flatMap((statement): readonly Found[] => {
    const { words, block } = statement;
    const [word = ""] = words;
    if (word === "host") return [readHost(statement)];
    if (Conditions.has(word)) return [left(statement, "condition")];
    if (block !== undefined && Containers.has(word)) {
      return readBlock(block);
    }
    return [readStatement(statement)];
  });
}

function left(statement: IscStatement, reason: LeftReason): Found {
  return { kind: "left", line: statement.line, ...leftOut(textOf(statement), reason) };
}

function textOf({ words, block }: IscStatement): string {
  const text = words.join(" ").replaceAll(" ,", ",");
  return block === undefined ? text : `${text} { … }`;
}

const BootWords: ReadonlySet<string> = new Set([
  ...["filename", "next-server", "server-name", "allow booting", "allow bootp"],
]);

function readStatement(statement: IscStatement): Found {
  const { line, words } = statement;
  const [word = "", second = "", ...rest] = words;
  const say = (setting: string): Found => {
    return { kind: "setting", line, text: leftOut(textOf(statement), "option").text, setting };
  };
  if (word === "include") return left(statement, "other-file");
  if (BootWords.has(word) || BootWords.has(`${word} ${second}`))
    return left(statement, "boot-is-ours");
  if (word === "range") {
    const [first = "", last = first] = words.slice(1).filter((one) => one !== "dynamic-bootp");
    const isRange = isIpv4Text(first) && isIpv4Text(last);
    return isRange ? say(`dhcp.pools: [${first}-${last}]`) : left(statement, "unreadable");
  }
  if (word === "default-lease-time") return say(`dhcp.lease: ${second}s`);
  if (word === "authoritative") return say("nothing to set: this server is authoritative");
  if (word !== "option") return left(statement, "no-counterpart");
  const values = rest.filter((one) => one !== ",").join(", ");
  if (second === "routers") return say(`dhcp.router: ${rest[0] ?? ""}`);
  if (second === "domain-name-servers") return say(`dhcp.dns: [${values}]`);
  if (second === "domain-name") return say(`dns.domain: ${values}`);
  return left(statement, "option");
}

function readHost(statement: IscStatement): Found {
  const { line, words, block = [] } = statement;
  const inner = (...names: readonly string[]) =>
    block.find((one) => names.every((name, at) => one.words[at] === name));
  const hardware = inner("hardware");
  if (inner("deny", "booting") ?? inner("ignore", "booting"))
    return left(statement, "ignored-machine");
  const clientId = hexOf(inner("option", "dhcp-client-identifier")?.words[2] ?? "");
  if (hardware && hardware.words[1] !== "ethernet") return left(statement, "not-ethernet");
  const mac = hardware && looseMac(hardware.words[2] ?? "");
  if (hardware && mac === undefined) return left(statement, "unreadable");
  if ((mac ?? clientId) === undefined) return left(statement, "identifier");
  const fixed = inner("fixed-address");
  const [address = "", ...others] = fixed?.words.slice(1).filter((word) => word !== ",") ?? [];
  const isAddress = isIpv4Text(address);
  // The declaration names the machine where no option does, as with use-host-decl-names.
  const named = inner("option", "host-name")?.words[2] ?? inner("ddns-hostname")?.words[1];
  const name = named ?? words[1] ?? "";
  const hostname = labelOf(name);
  const rest = block.filter((one) => one !== hardware && one !== fixed);
  const parts: readonly Left[] = [
    ...(fixed && !isAddress ? [leftOut(textOf(fixed), "address-by-name")] : []),
    ...others.map((other) => leftOut(other, "second-address")),
    ...(name !== "" && hostname !== name.toLowerCase() ? [leftOut(name, "not-a-host-name")] : []),
    ...rest.flatMap((one) => {
      const reason = reasonInHost(one);
      return reason === undefined ? [] : [leftOut(textOf(one), reason)];
    }),
  ];
  const host = {
    ...(mac && { mac }),
    ...(clientId !== undefined && { clientId }),
    ...(isAddress && { address: parseIpv4(address) }),
    ...(hostname !== undefined && { hostname }),
  };
  return { kind: "host", line, host, left: parts };
}

function reasonInHost({ words }: IscStatement): LeftReason | undefined {
  const [word = "", second = ""] = words;
  if (word === "option" && /^(?:host-name|dhcp-client-identifier)$/.test(second)) return undefined;
  if (word === "ddns-hostname") return undefined;
  if (BootWords.has(word)) return "boot-is-ours";
  if (word === "fixed-address6" || word === "fixed-prefix6") return "not-ipv4";
  if (word.endsWith("-lease-time")) return "lease-time";
  return word === "option" ? "option" : "no-counterpart";
}
