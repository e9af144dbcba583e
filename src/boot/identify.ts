import { WireError } from "../errors.ts";
import { type MacAddress, parseMac } from "../wire/mac.ts";
import { parseUuid, type Uuid } from "../wire/uuid.ts";
import { ownValue } from "./json-value.ts";
import { canonicalMacLabel, isMacKey } from "./mac-label.ts";
import type { MachineIdentity } from "./machine.ts";

/** Who asks, by the query of its request, and what of that query could not be used. */
export type QueryIdentity = {
  readonly identity: MachineIdentity;
  readonly problems: readonly QueryProblem[];
};
export type QueryProblem = {
  readonly kind: "bad-pair" | "bad-mac";
  readonly text: string;
};

/**
 * A query string, undecoded and without its `?`, → the machine. Keys keep their spelling and the first
 * of repeated keys wins; a pair with a bad escape or a `;` is dropped, as is a hardware address that is
 * none: the request goes on without them, since a machine's firmware cannot mend what it sends.
 */
export function identifyQuery(rawQuery: string): QueryIdentity {
  const labels = new Map<string, string>();
  const problems: QueryProblem[] = [];
  for (const pair of rawQuery.split("&")) {
    if (pair === "") continue;
    const [key, value] = decodePair(pair) ?? [];
    if (key === undefined || value === undefined) problems.push({ kind: "bad-pair", text: pair });
    else if (!labels.has(key)) labels.set(key, value);
  }
  for (const [key, value] of labels) {
    if (!isMacKey(key)) continue;
    const mac = canonicalMacLabel(value);
    if (mac !== undefined) labels.set(key, mac);
    else {
      labels.delete(key);
      problems.push({ kind: "bad-mac", text: value });
    }
  }
  return { identity: identityOf(Object.fromEntries(labels)), problems };
}

// Unlike URLSearchParams, which keeps a bad escape as text: here such a pair must vanish.
function decodePair(pair: string): readonly [string, string] | undefined {
  if (pair.includes(";")) return undefined;
  const equals = pair.indexOf("=");
  const key = unescapeText(equals < 0 ? pair : pair.slice(0, equals));
  const value = unescapeText(equals < 0 ? "" : pair.slice(equals + 1));
  return key === undefined || value === undefined ? undefined : [key, value];
}

function unescapeText(text: string): string | undefined {
  if (/%(?![0-9a-f]{2})/i.test(text)) return undefined;
  const octets = text
    .replaceAll("+", " ")
    .replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  // Node hands request targets over as Latin-1, one character an octet; the text itself is UTF-8.
  return Buffer.from(octets, "latin1").toString("utf8");
}

function identityOf(labels: Readonly<Record<string, string>>): MachineIdentity {
  const mac = readOr(macLabel(labels), parseMac);
  const uuid = readOr(ownValue(labels, "uuid"), parseUuid);
  const serial = ownValue(labels, "serial");
  const hostname = ownValue(labels, "hostname");
  return {
    labels,
    ...(mac ? { mac: mac satisfies MacAddress } : {}),
    ...(uuid ? { uuid: uuid satisfies Uuid } : {}),
    ...(serial ? { serial } : {}),
    ...(hostname ? { hostname } : {}),
  };
}

function macLabel(labels: Readonly<Record<string, string>>): string | undefined {
  return ownValue(labels, "mac") ?? Object.entries(labels).find(([key]) => isMacKey(key))?.[1];
}

// A label is free text: one that is no UUID, or a MAC of 20 octets, stays a label and is no more.
function readOr<T>(text: string | undefined, parse: (text: string) => T): T | undefined {
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
