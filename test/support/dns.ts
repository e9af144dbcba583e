import { type Answer, decode, encode } from "dns-packet";
import type { Binding } from "../../src/dns/host-names.ts";
import type { BindingReader } from "../../src/dns/live-zones.ts";
import { type Message, parseMessage } from "../../src/dns/message.ts";
import { type DnsName, joinLabels, parseName } from "../../src/dns/name.ts";
import { parseRecord, type ResourceRecord, type StaticRecord } from "../../src/dns/record.ts";
import { type DnsSettings, defaultRateLimit, defaultTtl } from "../../src/dns/settings.ts";
import { buildZone, type SoaRecord, type Zone } from "../../src/dns/zone.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";

/** Settings of a small cluster, with what a case changes. */
export function dnsSettings(changes: Partial<DnsSettings> = {}): DnsSettings {
  return {
    domain: "kindling.lan",
    provisioner: "provisioner",
    controller: { name: "controller", targets: ["node1", "node2"] },
    console: { name: "tectonic", targets: ["node3"] },
    records: [],
    zones: [],
    secondaries: [],
    rateLimit: { ...defaultRateLimit, answers: 0, refused: 0 },
    ttl: defaultTtl,
    ...changes,
  };
}

/** `node1 10.77.0.11 reserved`, a row for a machine; its MAC ends in the address's last octet. */
export function binding(row: string): Binding {
  const [hostname = "", address = "", kind = "leased", mac] = row.split(" ");
  const octet = Number(address.split(".")[3]).toString(16).padStart(2, "0");
  return {
    ...(hostname === "-" ? {} : { hostname: hostname.replaceAll("~", " ") }),
    address: parseIpv4(address),
    mac: parseMac(mac ?? `52:54:00:77:00:${octet}`),
    reserved: kind === "reserved",
  };
}

/** Bindings that a test replaces. */
export class FakeBindings implements BindingReader {
  readonly #listeners = new Set<() => void>();
  #bindings: readonly Binding[];

  constructor(rows: readonly string[]) {
    this.#bindings = rows.map(binding);
  }

  bindings(): readonly Binding[] {
    return this.#bindings;
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** Leases run out in silence. */
  forget(): void {
    this.#bindings = [];
  }

  replace(rows: readonly string[]): void {
    this.#bindings = rows.map(binding);
    for (const listener of this.#listeners) listener();
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}

/** Zone text, one `name TYPE value` a line, `@` for the origin; TTL 300, SOA and NS are added. */
export function zoneOf(origin: string, text: string): Zone {
  const domain = parseName(origin);
  const lines = text.split("\n").map((line) => line.trim());
  const records = lines.filter((line) => line !== "").map((line) => recordOf(line, domain));
  return buildZone(soaRecord(domain), records);
}

/** A SOA record as `zoneOf` makes them. */
export function soaRecord(name: DnsName): SoaRecord {
  const data = { mname: joinLabels(["ns", name]), rname: joinLabels(["hostmaster", name]) };
  const times = { serial: 7, refresh: 3600, retry: 600, expire: 1_209_600, minimum: 60 };
  return { name, ttl: 300, type: "SOA", data: { ...data, ...times } };
}

/** One record as `name TYPE value`. */
export function showRecord({ name, type, data }: ResourceRecord): string {
  const value = typeof data === "object" ? Object.values(data).join(" ") : data;
  return `${name} ${type} ${value}`.trim();
}

/** The bytes of a query, made by the library that other people's clients use. */
export function queryBytes(name: string, type = "A", extra: QueryExtra = {}): Buffer {
  const { id = 0x1234, edns, classOf = "IN", recursionDesired = true } = extra;
  const opt: Answer | undefined = edns && {
    type: "OPT",
    name: ".",
    udpPayloadSize: edns.size ?? 1232,
    extendedRcode: 0,
    ednsVersion: edns.version ?? 0,
    flags: edns.dnssecOk ? 0x8000 : 0,
    flag_do: false,
    // The declared options do not know this one, which the encoder takes by its number.
    options:
      edns.cookie === undefined ? [] : [{ code: 10, data: Buffer.from(edns.cookie) } as never],
  };
  return encode({
    type: "query",
    id,
    flags: recursionDesired ? 0x100 : 0,
    // The declared types list fewer names than the encoder takes (ANY, UNKNOWN_65).
    questions: extra.isEmpty ? [] : [{ name, type, class: classOf } as never],
    additionals: opt === undefined ? [] : [opt],
  });
}

export type QueryExtra = {
  readonly id?: number;
  readonly edns?: {
    readonly size?: number;
    readonly version?: number;
    readonly dnssecOk?: boolean;
    readonly cookie?: Uint8Array;
  };
  /** Without a question. */
  readonly isEmpty?: boolean;
  readonly classOf?: string;
  readonly recursionDesired?: boolean;
};

/** A query as our parser reads it. */
export function queryOf(name: string, type = "A", extra: QueryExtra = {}): Message {
  return parseMessage(queryBytes(name, type, extra));
}

/** An answer as somebody else's parser reads it. */
export function readAnswer(bytes: Uint8Array) {
  const packet = decode(Buffer.from(bytes));
  const show = (records: readonly Answer[] = []) =>
    records.flatMap((it) => ("data" in it ? [`${it.name} ${it.type} ${showData(it.data)}`] : []));
  return {
    id: packet.id,
    // The library puts the code's name beside the declared fields.
    rcode: (packet as { rcode?: string }).rcode,
    authoritative: packet.flag_aa,
    truncated: packet.flag_tc,
    recursionDesired: packet.flag_rd,
    recursionAvailable: packet.flag_ra,
    questions: packet.questions?.map((it) => `${it.name} ${it.type}`),
    answers: show(packet.answers),
    authorities: show(packet.authorities),
    opt: packet.additionals?.find((it) => it.type === "OPT"),
  };
}

function showData(data: unknown): string {
  if (Array.isArray(data)) return data.map((it) => String(it)).join(" ");
  return typeof data === "object" && data !== null ? Object.values(data).join(" ") : String(data);
}

function recordOf(line: string, domain: DnsName): ResourceRecord {
  const [owner = "", type = "", ...value] = line.split(/\s+/);
  const name = owner === "@" ? domain : owner;
  // The table's author writes only the types that `parseRecord` knows; it throws for any other.
  const entry = { name, type, value: value.join(" ") } as StaticRecord;
  return parseRecord(entry, domain, 300);
}
