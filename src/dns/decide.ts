/**
 * Authoritative DNS for the machines of this LAN: one forward zone and the reverse zones of the
 * subnets served. It never recurses and never answers for a name outside its zones: REFUSED makes a
 * stub resolver try its next server at once, where SERVFAIL or silence would cost it seconds.
 * Follows RFC 1034, 1035, 2181, 2308, 4592 (wildcards), 6891 (EDNS), 7766 (TCP), 7873
 * (cookies), 8020, 8482 (ANY).
 */
import type { Edns } from "./edns.ts";
import { type Message, type Query, RCode, type Response } from "./message.ts";
import type { DnsName } from "./name.ts";
import type { ResourceRecord } from "./record.ts";
import { findZone, type Lookup, lookup, sourceOf, type Zone } from "./zone.ts";

/** The zones as one asking interface sees them, by origin. */
export type Zones = ReadonlyMap<DnsName, Zone>;

export type DnsReason =
  | "answered"
  | "no-data"
  | "no-such-name"
  | "left-zone"
  | "delegated"
  | "transferred"
  | "not-our-zone"
  | "not-internet-class"
  | "transfer-refused"
  | "edns-version"
  | "other-opcode"
  | "cookie-only"
  | "malformed";

/** `rotated`: the answer was one turn of a round robin, and the next one is due another. */
export type DnsDecision = {
  readonly reason: DnsReason;
  readonly response: Response;
  readonly rotated: boolean;
  /** Whose records these are: the wildcard's, where one stands for the name. Absent outside the zones. */
  readonly source?: DnsName;
  /** The records to send instead of an answer, the SOA first and last. */
  readonly transfer?: readonly ResourceRecord[];
};

/** How a message came, and what its sender may have. */
export type Asker = {
  readonly transport: "udp" | "tcp";
  readonly isSecondary: boolean;
};

/** The answer to a message of `asker`. `turn` counts round robins; any whole number from 0 will do. */
export function decideDns(
  message: Message,
  zones: Zones,
  { turn, asker }: { readonly turn: number; readonly asker: Asker },
): DnsDecision {
  switch (message.kind) {
    case "other-opcode":
      return bare("other-opcode", RCode.notImplemented);
    case "malformed":
      return bare("malformed", RCode.formatError);
    case "cookie-query":
      return isKnownVersion(message.edns)
        ? bare("cookie-only", RCode.noError)
        : bare("edns-version", RCode.badVersion);
    case "query":
      return decideQuery(message, zones, { turn, asker });
  }
}

function decideQuery(
  { question, edns }: Query,
  zones: Zones,
  { turn, asker }: { readonly turn: number; readonly asker: Asker },
): DnsDecision {
  if (!isKnownVersion(edns)) return bare("edns-version", RCode.badVersion);
  // CHAOS would tell a stranger our version.
  if (question.class !== "IN") return bare("not-internet-class", RCode.refused);
  if (question.type === "AXFR" || question.type === "IXFR") {
    return decideTransfer(question, zones.get(question.name), asker);
  }
  const zone = findZone(zones, question.name);
  if (zone === undefined) return bare("not-our-zone", RCode.refused);
  const found = lookup(zone, question.name, question.type);
  return { ...decideFound(found, zone, turn), source: sourceOf(zone, question.name) };
}

function decideFound(found: Lookup, zone: Zone, turn: number): DnsDecision {
  switch (found.kind) {
    case "answer": {
      const answers = [...found.chain, ...rotate(found.records, turn)];
      return answer("answered", { answers, rotated: found.records.length > 1 });
    }
    case "referral":
      return refer(found);
    case "left-zone":
      return answer("left-zone", { answers: found.chain });
    case "no-data":
      return answer("no-data", { answers: found.chain, authority: zone });
    case "name-error":
      return answer("no-such-name", { answers: found.chain, authority: zone });
  }
}

function isKnownVersion(edns: Edns | undefined): boolean {
  return edns === undefined || edns.version === 0;
}

// RFC 5936 §4.2: AXFR goes by TCP alone. RFC 1995 §2: IXFR by UDP may be told the SOA only, and whoever has an
// older one comes by TCP, where we know of no differences and send the zone.
function decideTransfer(
  { type }: Query["question"],
  zone: Zone | undefined,
  { transport, isSecondary }: Asker,
): DnsDecision {
  if (!isSecondary || zone === undefined || (transport === "udp" && type === "AXFR")) {
    return bare("transfer-refused", RCode.refused);
  }
  const { soa, nodes } = zone;
  const told = answer("transferred", { answers: [soa] });
  if (transport === "udp") return told;
  const records = [...nodes.keys()].flatMap((name) =>
    [...(nodes.get(name)?.values() ?? [])].flat(),
  );
  const others = records.filter(({ type: own }) => own !== "SOA");
  return { ...told, transfer: [soa, ...others, soa] };
}

function refer({ chain, servers }: Extract<Lookup, { kind: "referral" }>): DnsDecision {
  const response = { rcode: RCode.noError, answers: chain, authorities: servers };
  // RFC 1034 §4.3.1: what we hand on is not ours to vouch for, an alias before it is.
  const authoritative = chain.length > 0;
  return { reason: "delegated", response: { ...response, authoritative }, rotated: false };
}

function bare(reason: DnsReason, rcode: RCode): DnsDecision {
  const response = { rcode, authoritative: false, answers: [], authorities: [] };
  return { reason, response, rotated: false };
}

function answer(
  reason: DnsReason,
  what: { answers: readonly ResourceRecord[]; authority?: Zone; rotated?: boolean },
): DnsDecision {
  const { answers, authority, rotated = false } = what;
  const rcode = reason === "no-such-name" ? RCode.nameError : RCode.noError;
  const authorities = authority === undefined ? [] : [negative(authority)];
  const response = { rcode, authoritative: true, answers, authorities };
  return { reason, response, rotated };
}

// RFC 2308 §3: a resolver keeps the "no" for the lesser of the SOA's own TTL and its minimum.
function negative({ soa }: Zone): ResourceRecord {
  return { ...soa, ttl: Math.min(soa.ttl, soa.data.minimum) };
}

function rotate<T>(items: readonly T[], turn: number): readonly T[] {
  const at = items.length === 0 ? 0 : turn % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}
