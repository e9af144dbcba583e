import { KindlingError, WireError } from "../errors.ts";
import { formatIpv4, parseIpv4 } from "../wire/ipv4.ts";
import { type DnsName, isWithin, nameUnder } from "./name.ts";

/** One resource record of class IN. `data` has the shape its type gives it. */
export type ResourceRecord = {
  readonly name: DnsName;
  readonly ttl: number;
} & RecordData;

export type RecordData =
  | { readonly type: "A" | "AAAA" | "TXT"; readonly data: string }
  | { readonly type: "CNAME" | "NS" | "PTR"; readonly data: DnsName }
  | { readonly type: "HINFO"; readonly data: { readonly cpu: string; readonly os: string } }
  | { readonly type: "MX"; readonly data: MxData }
  | { readonly type: "SRV"; readonly data: SrvData }
  | { readonly type: "SOA"; readonly data: SoaData };

export type RecordType = RecordData["type"];

export type MxData = { readonly preference: number; readonly exchange: DnsName };

export type SrvData = {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: DnsName;
};

export type SoaData = {
  readonly mname: DnsName;
  readonly rname: DnsName;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
};

/** A record as the configuration writes it; names may leave the domain out. */
export type StaticRecord = {
  readonly name: string;
  readonly type: "A" | "AAAA" | "CNAME" | "MX" | "NS" | "TXT" | "SRV";
  readonly value: string;
  readonly ttl?: number;
};

/** RFC 1035 §3.3: one character-string holds 255 bytes. */
const textLimit = 255;

/** Text of the configuration → record; throws `config.invalid` naming the record that is wrong. */
export function parseRecord(entry: StaticRecord, domain: DnsName, ttl: number): ResourceRecord {
  try {
    const name = nameUnder(entry.name, domain);
    if (!isWithin(name, domain)) throw invalid(`want a name in ${domain}, got ${name}`, name);
    return { name, ttl: entry.ttl ?? ttl, ...parseData(entry, domain) };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const key = "dns.records";
    const where = `dns record "${entry.name}" ${entry.type}`;
    throw new KindlingError("config.invalid", `${where}: ${error.message}`, { key, entry }, error);
  }
}

function parseData(entry: StaticRecord, domain: DnsName): RecordData {
  switch (entry.type) {
    case "A":
      return { type: "A", data: formatIpv4(parseIpv4(entry.value)) };
    case "AAAA":
      return { type: "AAAA", data: parseIpv6(entry.value) };
    case "CNAME":
      return { type: "CNAME", data: nameUnder(entry.value, domain) };
    case "NS":
      return { type: "NS", data: nameUnder(entry.value, domain) };
    case "MX":
      return { type: "MX", data: parseMx(entry.value, domain) };
    case "TXT":
      return { type: "TXT", data: parseText(entry.value) };
    case "SRV":
      return { type: "SRV", data: parseSrv(entry.value, domain) };
  }
}

function parseSrv(value: string, domain: DnsName): SrvData {
  const [priority, weight, port, target, ...rest] = value.trim().split(/\s+/);
  const numbers = [priority, weight, port].map((text) =>
    /^\d{1,5}$/.test(text ?? "") ? Number(text) : -1,
  );
  if (target === undefined || rest.length > 0 || numbers.some((it) => it < 0 || it > 65_535)) {
    throw invalid(
      `want "priority weight port target", like "0 0 2379 etcd1", got "${value}"`,
      value,
    );
  }
  const [first = 0, second = 0, third = 0] = numbers;
  return { priority: first, weight: second, port: third, target: nameUnder(target, domain) };
}

function parseMx(value: string, domain: DnsName): MxData {
  const [, preference = "", exchange = ""] = /^(\d{1,5})\s+(\S+)$/.exec(value.trim()) ?? [];
  if (exchange === "" || Number(preference) > 65_535) {
    throw invalid(`want "preference exchange", like "10 mail1", got "${value}"`, value);
  }
  return { preference: Number(preference), exchange: nameUnder(exchange, domain) };
}

function parseText(value: string): string {
  const size = Buffer.byteLength(value);
  if (size > textLimit)
    throw invalid(`want at most ${textLimit} bytes of text, got ${size}`, value);
  return value;
}

// The URL parser is the only IPv6 grammar at hand that is neither node:net nor our own.
function parseIpv6(value: string): string {
  const host = /^[0-9a-f:.]{2,45}$/i.test(value)
    ? URL.parse(`http://[${value}]/`)?.hostname
    : undefined;
  if (host === undefined) throw invalid(`want an IPv6 address like fd00::1, got "${value}"`, value);
  return host.slice(1, -1);
}

function invalid(message: string, got: string): WireError {
  return new WireError("wire.invalid", message, { field: "value", got });
}
