/**
 * Whether an address was ever anybody's twice. Two books say so, and neither believes the server: what
 * each machine did, and what a capture at the server's own cable saw it promise.
 */
import type { SeenDhcp } from "../frames.ts";
import type { NoteKind } from "./station.ts";

/** A note of a station with its time. */
export type LedgerLine = {
  readonly at: number;
  readonly mac: string;
  readonly kind: NoteKind;
  readonly address: string;
  readonly until?: number;
};

type Claim = { readonly mac: string; readonly until: number };

/** No two machines use one address at one moment. */
export function sharedByMachines(lines: readonly LedgerLine[]): readonly string[] {
  const users = new Map<string, Claim>();
  return lines.flatMap(({ at, mac, kind, address, until }) => {
    const user = users.get(address);
    if (until === undefined) {
      if (user?.mac === mac) users.delete(address);
      return [];
    }
    users.set(address, { mac, until });
    return complain(user, { at, mac, address, kind });
  });
}

/**
 * No address is promised to one machine while it is promised to another: an ACK holds until its time
 * is over, the machine gives the address back, finds it in use, or is promised another one. An answer
 * to what a machine asked before it gave the address back, which a slow server sends after that,
 * promises nothing: the machine is past that exchange.
 */
export function promisedTwice(messages: readonly SeenDhcp[]): readonly string[] {
  const promises = new Map<string, Claim>();
  const asked = new Map<string, number>();
  const givenBack = new Map<string, number>();
  return messages.flatMap(({ at, type, mac, xid, yiaddr, ciaddr, options }) => {
    const exchange = `${mac} ${xid}`;
    if (type === Type.request && !asked.has(exchange)) asked.set(exchange, at);
    const given = type === Type.decline ? quad(options.get(50)) : ciaddr;
    const gives = type === Type.decline || type === Type.release;
    if (gives) givenBack.set(`${mac} ${given}`, at);
    if (gives && promises.get(given)?.mac === mac) promises.delete(given);
    const lease = options.get(51);
    if (type !== Type.ack || lease?.length !== 4 || yiaddr === "0.0.0.0") return [];
    const isPast = (givenBack.get(`${mac} ${yiaddr}`) ?? 0) > (asked.get(exchange) ?? at);
    if (isPast) return [];
    const before = promises.get(yiaddr);
    for (const [address, { mac: other }] of promises) {
      if (other === mac) promises.delete(address);
    }
    // RFC 2131 §4.4.1: the time counts from when the client asked.
    const from = asked.get(exchange) ?? at;
    promises.set(yiaddr, { mac, until: from + lease.readUInt32BE() * 1000 });
    return complain(before, { at, mac, address: yiaddr, kind: "ack" });
  });
}

const Type = { request: 3, decline: 4, ack: 5, release: 7 } as const;

type Doing = Pick<LedgerLine, "at" | "mac" | "address"> & { readonly kind: string };

function complain(before: Claim | undefined, { at, mac, address, kind }: Doing): readonly string[] {
  if (before === undefined || before.mac === mac || before.until <= at) return [];
  const rest = `${((before.until - at) / 1000).toFixed(1)} s too early`;
  return [`${address} of ${before.mac} is ${mac}'s (${kind}) at ${at}, ${rest}`];
}

function quad(octets: Uint8Array | undefined): string {
  return [...(octets ?? [])].join(".");
}
