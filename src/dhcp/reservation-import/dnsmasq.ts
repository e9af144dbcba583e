import { parseIpv4 } from "../../wire/ipv4.ts";
import {
  type Found,
  type FoundHost,
  hexOf,
  isIpv4Text,
  type Left,
  type LeftReason,
  labelOf,
  leftOut,
  looseMac,
} from "./found.ts";

type Sentence = { readonly line: number; readonly text: string; readonly value: string };
type Reader = (sentence: Sentence) => Found;

/** dnsmasq.conf, or a file of `--dhcp-hostsfile`, whose lines are the values of `dhcp-host`. */
export function parseDnsmasq(text: string): readonly Found[] {
  return text.split("\n").flatMap((raw, at): readonly Found[] => {
    const plain = stripComment(raw).trim();
    if (plain === "") return [];
    const line = at + 1;
    const [, word = "", value = ""] =
      /^(?:--)?([a-z][a-z0-9-]*)\s*(?:=\s*(.*))?$/s.exec(plain) ?? [];
    const isBareHost = word === "" && looseMac(plain.split(",")[0] ?? "") !== undefined;
    if (isBareHost) return [readHost({ line, text: plain, value: plain })];
    const read = Readers.get(word) ?? leave("no-counterpart");
    return [read({ line, text: plain, value: unquote(value) })];
  });
}

const leave =
  (reason: LeftReason): Reader =>
  ({ line, text }) => ({ kind: "left", line, ...leftOut(text, reason) });

const Readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["dhcp-host", readHost],
  ["dhcp-range", readRange],
  ["dhcp-option", readOption],
  ["dhcp-option-force", readOption],
  ["address", readAddress],
  ["host-record", readHostRecord],
  ["cname", readCname],
  ["domain", readDomain],
  ["interface", ({ value, ...one }) => setting(one, `interfaces: [${value}]`)],
  ["dhcp-authoritative", (one) => setting(one, "nothing to set: this server is authoritative")],
  [
    "port",
    ({ value, ...one }) =>
      setting(one, value === "0" ? "dns.enabled: false" : `dns.port: ${value}`),
  ],
  ...["dhcp-boot", "pxe-service", "pxe-prompt", "enable-tftp", "tftp-root", "dhcp-match"].map(
    (word) => [word, leave("boot-is-ours")] as const,
  ),
  ...["conf-file", "conf-dir", "dhcp-hostsfile", "dhcp-hostsdir", "addn-hosts"].map(
    (word) => [word, leave("other-file")] as const,
  ),
  ...["dhcp-mac", "dhcp-vendorclass", "dhcp-userclass", "tag-if", "dhcp-circuitid"].map(
    (word) => [word, leave("tag")] as const,
  ),
]);

function setting({ line, text }: Omit<Sentence, "value">, said: string): Found {
  return { kind: "setting", line, text: leftOut(text, "no-counterpart").text, setting: said };
}

// [<MAC>…][,id:<id>|*][,set:<tag>][,tag:<tag>][,<address>][,<name>][,<time>][,ignore]
function readHost({ line, text, value }: Sentence): Found {
  const words = value.split(",").map((word) => word.trim());
  const kinds = words.map((word) => ({ word, ...readHostWord(word) }));
  const pick = (kind: HostWord["kind"]) => kinds.filter((one) => one.kind === kind);
  const refusal = kinds.find(({ kind }) => kind === "refusal");
  if (refusal?.reason !== undefined) return leave(refusal.reason)({ line, text, value });
  const [first, ...others] = pick("mac");
  const mac = first && looseMac(first.word);
  const [id, ...ids] = pick("id").map(({ word }) => hexOf(word.slice("id:".length)));
  if ((mac ?? id) === undefined) {
    const wild = kinds.find(({ reason }) => reason === "wildcard" || reason === "not-ethernet");
    return leave(wild?.reason ?? "identifier")({ line, text, value });
  }
  const [address, ...addresses] = pick("address");
  const [name, ...names] = pick("name");
  const hostname = name && labelOf(name.word);
  const left: readonly Left[] = [
    ...others.map(({ word }) => leftOut(word, "second-mac")),
    ...ids.map(() => leftOut("a second id", "identifier")),
    ...addresses.map(({ word }) => leftOut(word, "second-address")),
    ...(name && (hostname === undefined || hostname !== name.word.toLowerCase()) ? [name] : [])
      .concat(names)
      .map(({ word }) => leftOut(word, "not-a-host-name")),
    ...kinds.flatMap(({ kind, word, reason }) => {
      return kind === "left" && reason !== undefined ? [leftOut(word, reason)] : [];
    }),
  ];
  const host: FoundHost = {
    ...(mac && { mac }),
    ...(id !== undefined && { clientId: id }),
    ...(address && { address: parseIpv4(address.word) }),
    ...(hostname !== undefined && { hostname }),
  };
  return { kind: "host", line, host, left };
}

type HostWord = {
  readonly kind: "mac" | "id" | "address" | "name" | "left" | "refusal" | "nothing";
  readonly reason?: LeftReason;
};

function readHostWord(word: string): HostWord {
  if (word === "") return { kind: "nothing" };
  if (word === "ignore") return { kind: "refusal", reason: "ignored-machine" };
  if (word.startsWith("tag:") || word.startsWith("net:"))
    return { kind: "refusal", reason: "condition" };
  if (word.startsWith("set:")) return { kind: "left", reason: "tag" };
  if (word === "id:*") return { kind: "nothing" }; // what Kindling does by itself
  if (word.startsWith("id:")) return { kind: "id" };
  if (word.startsWith("[")) return { kind: "left", reason: "not-ipv4" };
  if (looseMac(word) !== undefined) return { kind: "mac" };
  if (/^[0-9a-f]{1,2}-(?:[0-9a-f]{1,2}:){2,}[0-9a-f]{1,2}$/i.test(word)) {
    return { kind: "left", reason: "not-ethernet" };
  }
  if (/^[0-9a-f*]{1,2}(?::[0-9a-f*]{1,2}){5}$/i.test(word))
    return { kind: "left", reason: "wildcard" };
  if (isIpv4Text(word)) return { kind: "address" };
  if (/^(?:\d+[smhdw]?|infinite)$/i.test(word)) return { kind: "left", reason: "lease-time" };
  return { kind: "name" };
}

// [tag:…][set:…]first,last|static|proxy[,netmask[,broadcast]][,time]
function readRange({ line, text, value }: Sentence): Found {
  const words = value.split(",").map((word) => word.trim());
  if (words.some((word) => word.startsWith("tag:")))
    return leave("condition")({ line, text, value });
  const [first = "", last = "", ...rest] = words.filter((word) => !word.startsWith("set:"));
  if (first.includes(":")) return leave("not-ipv4")({ line, text, value });
  if (last === "proxy") return setting({ line, text }, "dhcp.mode: proxy");
  if (last === "static") return leave("no-counterpart")({ line, text, value });
  if (!isIpv4Text(first) || !isIpv4Text(last)) return leave("unreadable")({ line, text, value });
  const time = rest.find((word) => /^\d+[smhd]?$/.test(word));
  const lease = time === undefined ? "" : `; dhcp.lease: ${time}`;
  return setting({ line, text }, `dhcp.pools: [${first}-${last}]${lease}`);
}

const OptionSettings: readonly (readonly [RegExp, (values: string) => string])[] = [
  [/^(?:3|option:router)$/, (values) => `dhcp.router: ${values}`],
  [/^(?:6|option:dns-server)$/, (values) => `dhcp.dns: [${values}]`],
  [/^(?:15|option:domain-name)$/, (values) => `dns.domain: ${values}`],
];

function readOption({ line, text, value }: Sentence): Found {
  const [name = "", ...values] = value.split(",").map((word) => word.trim());
  if (/^(?:tag|net|vendor|encap|vi-encap):/.test(name))
    return leave("condition")({ line, text, value });
  if (/^(?:option6:|\[)/.test(name)) return leave("not-ipv4")({ line, text, value });
  if (/^(?:43|60|66|67|175|option:(?:tftp-server|bootfile-name|server-ip-address))$/.test(name)) {
    return leave("boot-is-ours")({ line, text, value });
  }
  const known = OptionSettings.find(([pattern]) => pattern.test(name));
  if (known === undefined || values.length === 0) return leave("option")({ line, text, value });
  return setting({ line, text }, known[1](values.join(", ")));
}

// address=/name/…/10.0.0.9: a record for the name and all below it.
function readAddress({ line, text, value }: Sentence): Found {
  const [, ...parts] = value.split("/");
  const address = parts.at(-1) ?? "";
  const names = parts.slice(0, -1).filter((name) => name !== "" && name !== "#");
  if (!isIpv4Text(address) || names.length === 0)
    return leave("no-counterpart")({ line, text, value });
  const records = names.flatMap((name) =>
    [name, `*.${name}`].map((it) => record(it, "A", address)),
  );
  return setting({ line, text }, records.join("; "));
}

function readHostRecord({ line, text, value }: Sentence): Found {
  const words = value.split(",").map((word) => word.trim());
  const addresses = words.filter(isIpv4Text);
  const names = words.filter((word) => /[a-z]/i.test(word) && !word.includes(":"));
  if (addresses.length === 0 || names.length === 0) return leave("not-ipv4")({ line, text, value });
  const records = names.flatMap((name) => addresses.map((address) => record(name, "A", address)));
  return setting({ line, text }, records.join("; "));
}

function readCname({ line, text, value }: Sentence): Found {
  const words = value.split(",").map((word) => word.trim());
  const target = words.filter((word) => !/^\d+$/.test(word)).at(-1) ?? "";
  const names = words.filter((word) => !/^\d+$/.test(word)).slice(0, -1);
  if (names.length === 0) return leave("unreadable")({ line, text, value });
  return setting({ line, text }, names.map((name) => record(name, "CNAME", target)).join("; "));
}

function readDomain({ line, text, value }: Sentence): Found {
  const [domain = "", ...rest] = value.split(",");
  if (rest.length > 0 || domain === "") return leave("condition")({ line, text, value });
  return setting({ line, text }, `dns.domain: ${domain}`);
}

function record(name: string, type: string, value: string): string {
  return `dns.records: {name: ${name}, type: ${type}, value: ${value}}`;
}

// A # begins a comment at the start of a line or after a blank, outside quotes.
function stripComment(line: string): string {
  let isQuoted = false;
  for (let at = 0; at < line.length; at += 1) {
    if (line[at] === '"') isQuoted = !isQuoted;
    else if (line[at] === "#" && !isQuoted && (at === 0 || /\s/.test(line[at - 1] ?? ""))) {
      return line.slice(0, at);
    }
  }
  return line;
}

function unquote(text: string): string {
  return text.replaceAll('"', "").trim();
}
