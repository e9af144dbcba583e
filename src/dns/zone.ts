import { type DnsName, isWithin, joinLabels, parentOf } from "./name.ts";
import type { RecordType, ResourceRecord } from "./record.ts";

/** Records by owner and type. A name with no records is an empty non-terminal: it exists. */
export type Zone = {
  readonly origin: DnsName;
  readonly soa: SoaRecord;
  readonly nodes: ZoneNodes;
  /** Names below the origin that are somebody else's: those with NS records. */
  readonly cuts: ReadonlySet<DnsName>;
};

export type ZoneNode = ReadonlyMap<RecordType, readonly ResourceRecord[]>;

/** By owner; those of many machines are made when somebody asks for one. */
export type ZoneNodes = Pick<ReadonlyMap<DnsName, ZoneNode>, "get" | "has" | "keys">;

export type SoaRecord = ResourceRecord & { readonly type: "SOA" };

/** `chain` holds the aliases followed before the last name; the kind tells of that last name. */
export type Lookup =
  | { readonly kind: "answer"; readonly chain: Records; readonly records: Records }
  | { readonly kind: "no-data"; readonly chain: Records }
  | { readonly kind: "name-error"; readonly chain: Records }
  /** The name is in a zone that was given away; `servers` are its NS records. */
  | { readonly kind: "referral"; readonly chain: Records; readonly servers: Records }
  /** An alias led to a name of somebody else, which the client asks for itself. */
  | { readonly kind: "left-zone"; readonly chain: Records };

type Records = readonly ResourceRecord[];

/** Aliases followed for one question; a longer chain, or a loop, ends where it is. */
const chainLimit = 8;

/** A zone of these records, the SOA among them, plus `names` that exist without a record. */
export function buildZone(soa: SoaRecord, records: Records, names: readonly DnsName[] = []): Zone {
  const origin = soa.name;
  const nodes = new Map<DnsName, Map<RecordType, ResourceRecord[]>>();
  const nodeAt = (name: DnsName): Map<RecordType, ResourceRecord[]> => {
    const known = nodes.get(name);
    if (known !== undefined) return known;
    const node = new Map<RecordType, ResourceRecord[]>();
    nodes.set(name, node);
    // RFC 8020: whatever has something below it exists.
    const parent = name === origin ? undefined : parentOf(name);
    if (parent !== undefined) nodeAt(parent);
    return node;
  };
  for (const record of [soa, ...records]) {
    const node = nodeAt(record.name);
    node.set(record.type, [...(node.get(record.type) ?? []), record]);
  }
  for (const name of names) nodeAt(name);
  const cuts = new Set(
    records.filter(({ type, name }) => type === "NS" && name !== origin).map(({ name }) => name),
  );
  return { origin, soa, nodes, cuts };
}

/** The zone with the longest origin that holds `name`. */
export function findZone(zones: ReadonlyMap<DnsName, Zone>, name: DnsName): Zone | undefined {
  for (let at: DnsName | undefined = name; at !== undefined; at = parentOf(at)) {
    const zone = zones.get(at);
    if (zone !== undefined) return zone;
  }
  return undefined;
}

/** What RFC 1034 §4.3.2 finds for a name of the zone; `type` may be `ANY`. */
export function lookup(zone: Zone, name: DnsName, type: string): Lookup {
  const chain: ResourceRecord[] = [];
  let at = name;
  for (;;) {
    const cut = zone.cuts.size === 0 ? undefined : findCut(zone, at);
    if (cut !== undefined) {
      return { kind: "referral", chain, servers: zone.nodes.get(cut)?.get("NS") ?? [] };
    }
    const node = findNode(zone, at);
    if (node === undefined) return { kind: "name-error", chain };
    const records = own(recordsOf(zone, node, type), at);
    if (records.length > 0) return { kind: "answer", chain, records };
    const [alias] = own(node.get("CNAME") ?? [], at);
    if (alias?.type !== "CNAME" || chain.length === chainLimit) return { kind: "no-data", chain };
    chain.push(alias);
    at = alias.data;
    if (!isWithin(at, zone.origin)) return { kind: "left-zone", chain };
  }
}

// The topmost cut counts: what is below it in our data is not ours to tell (RFC 1034 §4.3.2).
function findCut(zone: Zone, name: DnsName): DnsName | undefined {
  let found: DnsName | undefined;
  for (let at: DnsName | undefined = name; at !== undefined; at = parentOf(at)) {
    if (at === zone.origin) return found;
    if (zone.cuts.has(at)) found = at;
  }
  return found;
}

/** Whose records answer for a name of the zone: its own, or the wildcard's that stands for it (RFC 4592 §3.3.1). */
export function sourceOf(zone: Zone, name: DnsName): DnsName {
  if (zone.nodes.has(name)) return name;
  let encloser = parentOf(name);
  while (encloser !== undefined && !zone.nodes.has(encloser)) encloser = parentOf(encloser);
  return encloser === undefined ? name : joinLabels(["*", encloser]);
}

function findNode(zone: Zone, name: DnsName): ZoneNode | undefined {
  return zone.nodes.get(sourceOf(zone, name));
}

function recordsOf(zone: Zone, node: ZoneNode, type: string): Records {
  if (type !== "ANY") return node.get(type as RecordType) ?? []; // any other type finds nothing
  // RFC 8482 §4.2: one made-up HINFO instead of everything, which only amplifiers ask for.
  const { origin: name } = zone;
  const data = { cpu: "RFC8482", os: "" };
  return node.size === 0 ? [] : [{ name, ttl: zone.soa.data.minimum, type: "HINFO", data }];
}

function own(records: Records, name: DnsName): Records {
  return records.map((record) => (record.name === name ? record : { ...record, name }));
}
