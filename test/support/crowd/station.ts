/**
 * One simulated machine: the client of RFC 2131 §4.4 (figure 5) as pure functions, its waits made
 * short. It takes an address, asks the link whether somebody has it (RFC 5227), keeps it by unicast
 * and then by broadcast, and now and then releases it, starts again or is gone for ever.
 */
import { MessageType, OptionCode } from "../../../src/dhcp/options.ts";
import type { DhcpMessage } from "../../../src/dhcp/packet.ts";
import { assertNever } from "../../../src/errors.ts";
import type { Ipv4Address } from "../../../src/wire/ipv4.ts";
import type { MacAddress } from "../../../src/wire/mac.ts";

export type Held = {
  readonly address: Ipv4Address;
  readonly server: Ipv4Address;
  readonly serverMac: MacAddress;
  /** When it asked, from which its lease counts (RFC 2131 §4.4.1). */
  readonly from: number;
  readonly seconds: number;
};

/** What it is doing; each of them ends, or is tried again, at `due`. */
type Phase =
  | { readonly kind: "off"; readonly last?: Ipv4Address }
  | { readonly kind: "selecting" }
  | {
      readonly kind: "requesting";
      readonly address: Ipv4Address;
      readonly server?: Ipv4Address;
      readonly from: number;
    }
  | { readonly kind: "checking"; readonly held: Held }
  | {
      readonly kind: "holding";
      readonly held: Held;
      readonly leaves: number;
      /** When it first asked for more time. */
      readonly asked: number;
    };

export type Station = {
  readonly number: number;
  /** A machine that is gone for ever leaves its place to the next one. */
  readonly generation: number;
  readonly phase: Phase;
  readonly due: number;
  readonly xid: number;
  readonly tries: number;
};

export type Sending =
  | { readonly kind: "broadcast"; readonly parts: Parts }
  | { readonly kind: "unicast"; readonly parts: Parts; readonly held: Held }
  | { readonly kind: "arp-probe"; readonly address: Ipv4Address };

type Parts = {
  readonly type: "discover" | "request" | "decline" | "release";
  readonly ciaddr?: Ipv4Address;
  readonly requested?: Ipv4Address;
  readonly server?: Ipv4Address;
};

export type NoteKind =
  | "bound"
  | "extended"
  | "released"
  | "stopped"
  | "expired"
  | "nak"
  | "declined";

/** `until` where it holds the address from now on; with every other note it holds it no more. */
export type Note = {
  readonly kind: NoteKind;
  readonly address: Ipv4Address;
  readonly until?: number;
};

export type Step = {
  readonly station: Station;
  readonly send: readonly Sending[];
  readonly note?: Note;
};

/** `restless`: machines come and go; else each that has its address stays. */
export type At = {
  readonly now: number;
  readonly random: () => number;
  readonly restless: boolean;
};

export type Heard = { readonly message: DhcpMessage; readonly serverMac: MacAddress };

const Wait = { first: 300, longest: 2_400, check: 120, off: 150, stays: 500 } as const;
/** One machine of so many stays and renews. */
const steadyEach = 4;
/** REQUESTs without an answer, after which it looks for a server anew. */
const requestTries = 4;

export function newStation(number: number, due: number): Station {
  return { number, generation: 0, phase: { kind: "off" }, due, xid: 0, tries: 0 };
}

/** QEMU's prefix: a card of another made-up one has short leases. */
export function macOf({ number, generation }: Station): MacAddress {
  const hex = (generation * 0x1_0000 + number).toString(16).padStart(6, "0");
  return `52:54:00:${(hex.match(/../g) ?? []).join(":")}` as MacAddress; // proven: six pairs
}

/** The address that it uses now, and answers ARP for. */
export function addressOf({ phase }: Station): Ipv4Address | undefined {
  return phase.kind === "holding" ? phase.held.address : undefined;
}

/** Its time has come. */
export function wake(station: Station, at: At): Step {
  const { phase } = station;
  switch (phase.kind) {
    case "off":
      return phase.last === undefined ? discover(station, at) : reboot(station, phase.last, at);
    case "selecting":
      return sent(station, at, { type: "discover" });
    case "requesting":
      if (station.tries >= requestTries) return discover(station, at);
      return sent(station, at, requestOf(phase));
    case "checking":
      return hold(station, phase.held, at);
    case "holding":
      return whileHolding(station, phase, at);
    default:
      return assertNever(phase);
  }
}

/** A reply of a server to this machine. */
export function hear(station: Station, { message, serverMac }: Heard, at: At): Step {
  const { phase } = station;
  const idle: Step = { station, send: [] };
  if (message.xid !== station.xid) return idle;
  const type = message.options.get(OptionCode.messageType)?.[0];
  const server = readAddress(message, OptionCode.serverId);
  if (server === undefined) return idle;
  if (phase.kind === "selecting" && type === MessageType.offer) {
    const address = message.yiaddr;
    const requesting = { kind: "requesting", address, server, from: at.now } as const;
    return sent({ ...station, phase: requesting, tries: 0 }, at, requestOf(requesting));
  }
  const isAsking = phase.kind === "requesting" || (phase.kind === "holding" && station.tries > 0);
  if (!isAsking) return idle;
  if (type === MessageType.nak) return refused(station, at);
  if (type !== MessageType.ack) return idle;
  const seconds = Buffer.from(message.options.get(OptionCode.leaseTime) ?? []).readUInt32BE();
  const from = phase.kind === "requesting" ? phase.from : phase.asked;
  const held = { address: message.yiaddr, server, serverMac, from, seconds };
  if (phase.kind === "holding") return extend(station, phase, held);
  const checking = { ...station, phase: { kind: "checking", held } as const };
  const send = [{ kind: "arp-probe", address: held.address } as const];
  return { station: { ...checking, due: at.now + Wait.check }, send };
}

/** Somebody else uses this address or is about to, which matters while it is being checked alone. */
export function meet(station: Station, address: Ipv4Address, at: At): Step {
  const { phase } = station;
  if (phase.kind !== "checking" || phase.held.address !== address) return { station, send: [] };
  const parts = { type: "decline", requested: address, server: phase.held.server } as const;
  const send = [{ kind: "broadcast", parts } as const];
  return { ...off(station, at), send, note: { kind: "declined", address } };
}

function discover(station: Station, at: At): Step {
  const next = { ...station, phase: { kind: "selecting" } as const, xid: newXid(at), tries: 0 };
  return sent(next, at, { type: "discover" });
}

function reboot(station: Station, address: Ipv4Address, at: At): Step {
  const phase = { kind: "requesting", address, from: at.now } as const;
  return sent({ ...station, phase, xid: newXid(at), tries: 0 }, at, requestOf(phase));
}

function requestOf({ address, server }: Phase & { kind: "requesting" }): Parts {
  return { type: "request", requested: address, ...(server !== undefined && { server }) };
}

function hold(station: Station, held: Held, at: At): Step {
  const isSteady = station.number % steadyEach === 0;
  const leaves = isSteady ? Number.POSITIVE_INFINITY : at.now + Wait.stays * (0.2 + at.random());
  const phase = { kind: "holding", held, leaves, asked: at.now } as const;
  const due = Math.min(leaves, halfOf(held));
  const { address } = held;
  const note = { kind: "bound", address, until: endOf(held) } as const;
  return { station: { ...station, phase, due, tries: 0 }, send: [], note };
}

type Holding = Phase & { readonly kind: "holding" };

function extend(station: Station, phase: Holding, held: Held): Step {
  const due = halfOf(held);
  const next = { ...station, phase: { ...phase, held }, due, tries: 0 };
  return {
    station: next,
    send: [],
    note: { kind: "extended", address: held.address, until: endOf(held) },
  };
}

// RFC 2131 §4.4.5: by unicast from a half, by broadcast from seven eighths, and then it is over.
function whileHolding(station: Station, phase: Holding, at: At): Step {
  const { held, leaves } = phase;
  const { address } = held;
  if (at.now >= endOf(held)) return { ...off(station, at), note: { kind: "expired", address } };
  if (at.restless && at.now >= leaves) return leave(station, held, at);
  if (at.now < halfOf(held)) return { station: { ...station, due: halfOf(held) }, send: [] };
  const rebinds = at.now >= held.from + held.seconds * 875;
  const parts = { type: "request", ciaddr: address } as const;
  const asking =
    station.tries > 0
      ? station
      : { ...station, xid: newXid(at), phase: { ...phase, asked: at.now } };
  const { station: waiting, send } = sent(asking, at, parts);
  // However long it would wait for an answer: with the end of the lease it stops to use the address.
  const next = { station: { ...waiting, due: Math.min(waiting.due, endOf(held)) }, send };
  return rebinds ? next : { ...next, send: [{ kind: "unicast", parts, held }] };
}

function leave(station: Station, held: Held, at: At): Step {
  const { address, server } = held;
  const chance = at.random();
  if (chance < 0.4) {
    const parts = { type: "release", ciaddr: address, server } as const;
    const note = { kind: "released", address } as const;
    return { ...off(station, at), send: [{ kind: "unicast", parts, held }], note };
  }
  const note = { kind: "stopped", address } as const;
  if (chance < 0.9) return { ...off(station, at, address), note };
  return { ...off({ ...station, generation: station.generation + 1 }, at), note };
}

function refused(station: Station, at: At): Step {
  const { phase } = station;
  const next = off(station, at);
  if (phase.kind !== "holding") return next;
  return { ...next, note: { kind: "nak", address: phase.held.address } };
}

function off(station: Station, at: At, last?: Ipv4Address): Step {
  const phase = { kind: "off", ...(last !== undefined && { last }) } as const;
  const due = at.now + Wait.off * (0.2 + at.random());
  return { station: { ...station, phase, due, tries: 0 }, send: [] };
}

/** Sends it, and waits: twice as long with each try, a little of it by chance (§4.1). */
function sent(station: Station, at: At, parts: Parts): Step {
  const wait = Math.min(Wait.first * 2 ** station.tries, Wait.longest) * (0.8 + 0.4 * at.random());
  const next = { ...station, due: at.now + wait, tries: station.tries + 1 };
  return { station: next, send: [{ kind: "broadcast", parts }] };
}

const halfOf = ({ from, seconds }: Held): number => from + seconds * 500;
const endOf = ({ from, seconds }: Held): number => from + seconds * 1000;
const newXid = ({ random }: At): number => Math.floor(random() * 2 ** 32);

function readAddress(message: DhcpMessage, code: number): Ipv4Address | undefined {
  const value = message.options.get(code);
  if (value?.length !== 4) return undefined;
  return Buffer.from(value).readUInt32BE() as Ipv4Address; // proven: four octets
}
