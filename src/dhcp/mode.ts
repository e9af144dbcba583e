import { assertNever } from "../errors.ts";

/**
 * What this daemon does on one link now. `probe`: it looks who is there. `full`: it gives addresses.
 * `proxy`: it adds boot answers beside another server. `hold`: as `proxy`, but the leases that it
 * gave before are still renewed.
 */
export type LiveMode = "probe" | "full" | "proxy" | "hold";

/** What the operator decides; times in milliseconds. */
export type ModeSettings = {
  readonly wanted: "auto" | "full" | "proxy";
  /** Whether `auto` may give addresses on a link where nobody answered. */
  readonly takeAddresses: boolean;
  /** Whether `auto` may take over when the server that it stood beside is gone. */
  readonly takeover: boolean;
  /** A switch port with spanning tree forwards nothing for this long after its cable came up. */
  readonly carrierMs: number;
  /** The least time beside another server before addresses are given (again). */
  readonly dwellMs: number;
};

/** What is known of one link, and since when it is served as `kind` says. */
export type ModeState =
  | {
      readonly kind: "probe";
      readonly since: number;
      readonly linkUpAt: number;
      /** Another Kindling probes as well, and goes first. */
      readonly peerFirst: boolean;
    }
  | { readonly kind: "full"; readonly since: number }
  | {
      readonly kind: "hold";
      readonly since: number;
      /** Probes that met another server, and those that met none since. */
      readonly confirmed: number;
      readonly quiet: number;
      /** Another server was overheard since the last probe. */
      readonly heard: boolean;
    }
  | {
      readonly kind: "proxy";
      readonly since: number;
      readonly quiet: number;
      readonly heard: boolean;
      /** Another server was met here; a link that never had one cannot lose it. */
      readonly met: boolean;
    };

export type ModeEvent =
  | { readonly kind: "link-up" }
  | { readonly kind: "address-changed" }
  /** A probe ended; `servers` other servers offered an address. */
  | { readonly kind: "probed"; readonly servers: number }
  /** A foreign OFFER or ACK, or a client's REQUEST that names a foreign server. */
  | { readonly kind: "overheard" }
  /** Another Kindling's probe, whose address is lower than ours. */
  | { readonly kind: "peer-probing" };

export type ModeReason =
  | "link-up"
  | "link-settling"
  | "address-changed"
  | "peer-first"
  | "alone"
  | "nobody-answered"
  | "addresses-not-allowed"
  | "foreign-server"
  | "foreign-heard"
  | "foreign-confirmed"
  | "foreign-quiet"
  | "foreign-gone"
  | "taken-over";

/** The state after the event, why, and whether the next probe is due at once or in its turn. */
export type ModeDecision = {
  readonly state: ModeState;
  readonly reason: ModeReason;
  readonly next: "now" | "later";
};

/** Probes that must meet another server before new leases are given up for good. */
const confirmationsWanted = 2;
/** Probes in a row that meet nobody before a server counts as gone. */
export const quietProbes = 3;

/** The state at the start; a link that came up lately is looked at for longer. */
export function firstMode(settings: ModeSettings, now: number, linkUpAt: number): ModeState {
  if (settings.wanted === "proxy") {
    return { kind: "proxy", since: now, quiet: 0, heard: false, met: false };
  }
  return { kind: "probe", since: now, linkUpAt, peerFirst: false };
}

/** True for a server that was met and answers no more. */
export function isGone(state: ModeState): boolean {
  return state.kind === "proxy" && state.met && state.quiet >= quietProbes;
}

type At = { readonly settings: ModeSettings; readonly now: number };

/**
 * One link's next state. Towards fewer addresses it goes at once; towards giving them it takes
 * probes that nobody answered, and from `hold` and `proxy` time besides: a router that restarts must
 * not find its place taken.
 */
export function decideMode(state: ModeState, event: ModeEvent, at: At): ModeDecision {
  switch (state.kind) {
    case "probe":
      return whileProbing(state, event, at);
    case "full":
      return whileFull(state, event, at);
    case "hold":
      return whileHolding(state, event, at);
    case "proxy":
      return whileProxy(state, event, at);
    default:
      return assertNever(state);
  }
}

type In<Kind extends LiveMode> = Extract<ModeState, { kind: Kind }>;

function whileProbing(state: In<"probe">, event: ModeEvent, at: At): ModeDecision {
  const { settings, now } = at;
  switch (event.kind) {
    case "link-up":
      return { state: { ...state, linkUpAt: now }, reason: "link-up", next: "now" };
    case "address-changed":
      return { state, reason: "address-changed", next: "now" };
    case "peer-probing":
      return { state: { ...state, peerFirst: true }, reason: "peer-first", next: "later" };
    case "overheard":
      return besideAnother("foreign-heard", at);
    case "probed":
      if (event.servers > 0) return besideAnother("foreign-server", at);
      if (now - state.linkUpAt < settings.carrierMs) {
        return { state, reason: "link-settling", next: "now" };
      }
      if (state.peerFirst) {
        return { state: { ...state, peerFirst: false }, reason: "peer-first", next: "now" };
      }
      return onFreeLink(at);
    default:
      return assertNever(event);
  }
}

// Asked for `full` by name, it does not go beside the other for good: the operator decides.
function besideAnother(reason: ModeReason, { settings, now }: At): ModeDecision {
  const state: ModeState =
    settings.wanted === "full"
      ? { kind: "hold", since: now, confirmed: 1, quiet: 0, heard: false }
      : { kind: "proxy", since: now, quiet: 0, heard: false, met: true };
  return { state, reason, next: "later" };
}

function onFreeLink({ settings, now }: At): ModeDecision {
  if (settings.wanted === "auto" && !settings.takeAddresses) {
    const state: ModeState = { kind: "proxy", since: now, quiet: 0, heard: false, met: false };
    return { state, reason: "addresses-not-allowed", next: "later" };
  }
  return { state: { kind: "full", since: now }, reason: "nobody-answered", next: "later" };
}

function whileFull(state: In<"full">, event: ModeEvent, { now }: At): ModeDecision {
  const hold = { kind: "hold", since: now, confirmed: 0, quiet: 0, heard: false } as const;
  switch (event.kind) {
    case "link-up": // it may be another network's cable
      return { state: probeFrom(now, now), reason: "link-up", next: "now" };
    case "address-changed":
      return { state: probeFrom(now, 0), reason: "address-changed", next: "now" };
    case "overheard":
      return { state: hold, reason: "foreign-heard", next: "now" };
    case "probed":
      if (event.servers > 0) return { state: hold, reason: "foreign-server", next: "now" };
      return { state, reason: "alone", next: "later" };
    case "peer-probing": // it hears our OFFER and stands beside us
      return { state, reason: "alone", next: "later" };
    default:
      return assertNever(event);
  }
}

function probeFrom(now: number, linkUpAt: number): ModeState {
  return { kind: "probe", since: now, linkUpAt, peerFirst: false };
}

function whileHolding(state: In<"hold">, event: ModeEvent, at: At): ModeDecision {
  const { settings, now } = at;
  switch (event.kind) {
    case "link-up":
    case "address-changed":
      return { state, reason: event.kind, next: "now" };
    case "peer-probing":
      return { state, reason: "foreign-quiet", next: "later" };
    case "overheard":
      return { state: { ...state, heard: true, quiet: 0 }, reason: "foreign-heard", next: "later" };
    case "probed": {
      if (event.servers > 0 || state.heard) return confirm(state, at);
      const quiet = Math.min(state.quiet + 1, quietProbes);
      const after: ModeState = { ...state, quiet, confirmed: 0 };
      const free = quiet >= quietProbes && now - state.since >= settings.dwellMs;
      if (free)
        return { state: { kind: "full", since: now }, reason: "foreign-gone", next: "later" };
      const next = quiet < quietProbes ? "now" : "later";
      return { state: after, reason: "foreign-quiet", next };
    }
    default:
      return assertNever(event);
  }
}

function confirm(state: In<"hold">, { settings, now }: At): ModeDecision {
  const confirmed = Math.min(state.confirmed + 1, confirmationsWanted);
  const sure = confirmed >= confirmationsWanted;
  if (sure && settings.wanted === "auto") {
    const proxy: ModeState = { kind: "proxy", since: now, quiet: 0, heard: false, met: true };
    return { state: proxy, reason: "foreign-confirmed", next: "later" };
  }
  const held: ModeState = { ...state, confirmed, quiet: 0, heard: false };
  return { state: held, reason: "foreign-server", next: sure ? "later" : "now" };
}

function whileProxy(state: In<"proxy">, event: ModeEvent, { settings, now }: At): ModeDecision {
  switch (event.kind) {
    case "link-up":
    case "address-changed":
      return { state, reason: event.kind, next: "now" };
    case "peer-probing":
      return { state, reason: "foreign-quiet", next: "later" };
    case "overheard": {
      const heard: ModeState = { ...state, heard: true, met: true, quiet: 0 };
      return { state: heard, reason: "foreign-heard", next: "later" };
    }
    case "probed": {
      if (event.servers > 0 || state.heard) {
        const met: ModeState = { ...state, met: true, quiet: 0, heard: false };
        return { state: met, reason: "foreign-server", next: "later" };
      }
      const quiet = Math.min(state.quiet + 1, quietProbes);
      const after = { ...state, quiet } as const;
      if (!isGone(after)) return { state: after, reason: "foreign-quiet", next: "later" };
      const mayTake = settings.wanted === "auto" && settings.takeover && settings.takeAddresses;
      if (mayTake && now - state.since >= settings.dwellMs) {
        return { state: { kind: "full", since: now }, reason: "taken-over", next: "later" };
      }
      return { state: after, reason: "foreign-gone", next: "later" };
    }
    default:
      return assertNever(event);
  }
}
