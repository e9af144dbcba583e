import { assertNever } from "../errors.ts";
import type { TransferTerms } from "./negotiate.ts";
import { TftpErrorCode, type TftpPacket } from "./packet.ts";

/** What is the same from a transfer's first packet to its last. */
export type TransferPlan = {
  readonly size: number;
  /** What the request itself took: until the client proved that it is there, it pays for what is sent. */
  readonly requestBytes: number;
  readonly terms: TransferTerms;
};

/**
 * Where a transfer stands. Blocks are counted from 1 without wrapping; only the wire knows 16 bits.
 */
export type TransferState = {
  readonly plan: TransferPlan;
  /** `offering`: the OACK is out and not answered yet. */
  readonly phase: "offering" | "sending";
  /** The client has all blocks up to this one. */
  readonly acked: number;
  /** The highest block sent. */
  readonly sent: number;
  /** Waits that ran out since the client was last heard, and the time they took. */
  readonly waits: number;
  readonly idleMs: number;
  /** How often something was sent again, by the clock or for a repeated request. */
  readonly retries: number;
  /** Requests that came again and were answered. */
  readonly repeats: number;
};

export type TransferInput =
  | { readonly kind: "ack"; readonly block: number }
  | { readonly kind: "error"; readonly code: number }
  | { readonly kind: "timeout" }
  | { readonly kind: "repeat-request" };

/** A packet to send; a block's bytes are those from `start` to `end` of the file. */
export type TransferSend =
  | { readonly kind: "option-ack" }
  | {
      readonly kind: "data";
      readonly block: number;
      readonly start: number;
      readonly end: number;
    };

/**
 * How a transfer ended. `probe`: the client wanted the options' answer only, as EDK2 asks for the
 * size.
 */
export type TransferOutcome =
  | { readonly kind: "sent"; readonly reason: "acknowledged" | "last-ack-missing" }
  | { readonly kind: "probe"; readonly reason: "aborted-after-option-ack" | "client-restarted" }
  | {
      readonly kind: "failed";
      readonly reason:
        | "client-error"
        | "client-silent"
        | "client-restarted"
        | "displaced"
        | "server-stopping"
        | "internal-error";
    };

export type TransferStep = {
  readonly state: TransferState;
  /** Takes the place of whatever was still to be sent, if it is not empty. */
  readonly send: readonly TransferSend[];
  /** Start waiting anew for so long; absent when the wait that runs goes on. */
  readonly waitMs?: number;
  readonly outcome?: TransferOutcome;
};

/** Waits before sending again, then `longestWaitMs` each time; EDK2 asks again after 4 s itself. */
const waitsMs = [1000, 2000];
const longestWaitMs = 4000;

/** EDK2 gives up after 6 times 4 s: a client silent for longer is gone. */
export const silenceLimitMs = 25_000;

/**
 * QUIC's rule (RFC 9000 §8.1): until a client has proved its address by an answer, the clock sends nothing
 * that makes more than this many times the bytes that came from there. An OACK goes out three times; block 1
 * of a transfer without options is larger than that at once, and is sent once for each time it is asked for.
 * Whoever lost it asks again, as every firmware does.
 */
export const unprovenFactor = 3;

/** Requests that are answered again: U-Boot, the most patient client, asks ten times. */
export const firstRepeatsMax = 9;

/** A request on its way for longer than this is not a copy of the one that opened the transfer. */
export const repeatMs = 2000;

/** The first packet of a transfer: an OACK if options were granted, else block 1. */
export function beginTransfer(plan: TransferPlan): TransferStep {
  const counts = { acked: 0, sent: 0, waits: 0, idleMs: 0, retries: 0, repeats: 0 };
  const state: TransferState = { plan, phase: "offering", ...counts };
  if (plan.terms.granted.length === 0) return sendFrom(state, 0);
  return { state, send: pending(state), waitMs: waitOf(state) };
}

/** The input a packet of the transfer's own client is, if it is any. */
export function inputOf(packet: TftpPacket): TransferInput | undefined {
  return packet.kind === "ack" || packet.kind === "error" ? packet : undefined;
}

/** What one input changes, and what is to be sent for it. */
export function stepTransfer(state: TransferState, input: TransferInput): TransferStep {
  switch (input.kind) {
    case "ack":
      return onAck(state, input.block);
    case "error":
      return { state, send: [], outcome: outcomeOfError(state, input.code) };
    case "timeout":
      return onTimeout(state);
    case "repeat-request":
      return onRepeat(state);
    default:
      return assertNever(input);
  }
}

/**
 * What a request means that comes from the address and port of an open transfer. The same bytes
 * again are a lost answer, or a late copy within `repeatMs`; otherwise the machine starts over from
 * its one fixed port (Intel ROMs), or after a probe whose abort was lost.
 */
export function meaningOfRequest(
  state: TransferState,
  request: { readonly isSame: boolean; readonly ageMs: number },
): "repeat" | "restart" {
  const isRepeat = request.isSame && (state.acked === 0 || request.ageMs < repeatMs);
  return isRepeat ? "repeat" : "restart";
}

/** How a transfer ended whose client asked for something new meanwhile. */
export function outcomeOfRestart(state: TransferState): TransferOutcome {
  return state.phase === "offering"
    ? { kind: "probe", reason: "client-restarted" }
    : { kind: "failed", reason: "client-restarted" };
}

/** Has the client said nothing since its request? Then it may be one that somebody made up. */
export function isUnanswered({ phase, acked, plan }: TransferState): boolean {
  return acked === 0 && (phase === "offering" || plan.terms.granted.length === 0);
}

/** Bytes the client is known to have. */
export function bytesAcked({ acked, plan }: TransferState): number {
  return Math.min(acked * plan.terms.blksize, plan.size);
}

function onAck(state: TransferState, block: number): TransferStep {
  // Old ROMs answer an OACK with 1 for 0: the next they can use is block 1 all the same.
  const isAnswer = block === 0 || block === 1;
  if (state.phase === "offering") return isAnswer ? sendFrom(state, 0) : unchanged(state);
  const steps = (block - state.acked) & 0xffff;
  const acked = state.acked + steps;
  if (acked > state.sent) return unchanged(state); // stale, or never sent
  // RFC 1123 §4.2.3.1: whoever answers a repeated ACK sends the whole rest of the file twice. In a
  // window (RFC 7440) an ACK from its middle says what was lost and is new; only that is answered.
  if (steps === 0) return unchanged(state);
  if (acked < blockCount(state.plan)) return sendFrom(state, acked);
  return {
    state: { ...state, acked },
    send: [],
    outcome: { kind: "sent", reason: "acknowledged" },
  };
}

function onTimeout(state: TransferState): TransferStep {
  const idleMs = state.idleMs + waitOf(state);
  if (idleMs >= Math.max(silenceLimitMs, 2 * (state.plan.terms.timeoutMs ?? 0))) {
    return { state: { ...state, idleMs }, send: [], outcome: outcomeOfSilence(state) };
  }
  const waits = state.waits + 1;
  if (isUnanswered(state) && !isPaidFor(state)) {
    const next = { ...state, idleMs, waits };
    return { state: next, send: [], waitMs: waitOf(next) };
  }
  const next = { ...state, idleMs, waits, retries: state.retries + 1 };
  return { state: next, send: pending(next), waitMs: waitOf(next) };
}

// The first packet once more would be within `unprovenFactor`.
function isPaidFor({ plan, retries, repeats }: TransferState): boolean {
  const heard = plan.requestBytes * (1 + repeats);
  return (retries + 2) * firstPacketBytes(plan) <= unprovenFactor * heard;
}

function firstPacketBytes({ size, terms: { blksize, granted } }: TransferPlan): number {
  if (granted.length === 0) return 4 + Math.min(blksize, size);
  return granted.reduce((sum, { name, value }) => sum + name.length + value.length + 2, 2);
}

// Answered while nothing is acknowledged, when one packet is out at most: a forged sender is sent
// no more than it cost to ask. The wait goes on, so repeating does not keep a transfer alive.
function onRepeat(state: TransferState): TransferStep {
  const { retries, repeats } = state;
  if (!isUnanswered(state) || repeats >= firstRepeatsMax) return unchanged(state);
  const next = { ...state, retries: retries + 1, repeats: repeats + 1 };
  return { state: next, send: pending(next) };
}

function unchanged(state: TransferState): TransferStep {
  return { state, send: [] };
}

function sendFrom(state: TransferState, acked: number): TransferStep {
  const sent = Math.min(acked + state.plan.terms.windowsize, blockCount(state.plan));
  const next = { ...state, phase: "sending", acked, sent, waits: 0, idleMs: 0 } as const;
  return { state: next, send: pending(next), waitMs: waitOf(next) };
}

/** Everything that is out and not acknowledged. */
function pending(state: TransferState): readonly TransferSend[] {
  if (state.phase === "offering") return [{ kind: "option-ack" }];
  const { size, terms } = state.plan;
  const blocks: TransferSend[] = [];
  // A loop: Array.from with a function was the dearest thing of a block that is not the kernel's.
  for (let block = state.acked + 1; block <= state.sent; block += 1) {
    const start = (block - 1) * terms.blksize;
    blocks.push({ kind: "data", block, start, end: Math.min(start + terms.blksize, size) });
  }
  return blocks;
}

// The last block is the first shorter one: a file that fills its blocks exactly ends with an empty
// one.
function blockCount({ size, terms }: TransferPlan): number {
  return Math.floor(size / terms.blksize) + 1;
}

function waitOf({ plan, waits }: TransferState): number {
  return plan.terms.timeoutMs ?? waitsMs[waits] ?? longestWaitMs;
}

function outcomeOfError(state: TransferState, code: number): TransferOutcome {
  const isAbort = code === TftpErrorCode.undefined || code === TftpErrorCode.optionRefused;
  return state.phase === "offering" && isAbort
    ? { kind: "probe", reason: "aborted-after-option-ack" }
    : { kind: "failed", reason: "client-error" };
}

// Many loaders start what they got without a last ACK; the file arrived all the same.
function outcomeOfSilence(state: TransferState): TransferOutcome {
  return state.phase === "sending" && state.sent === blockCount(state.plan)
    ? { kind: "sent", reason: "last-ack-missing" }
    : { kind: "failed", reason: "client-silent" };
}
