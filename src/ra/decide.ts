import { assertNever } from "../errors.ts";
import { anyIpv6, type Ipv6Address, isLinkLocal, parseIpv6 } from "../wire/ipv6.ts";
import type { NdpMessage } from "./advert.ts";

/** When solicitations are answered: always, or only while no router speaks on the link. */
export type AdvertMode = "auto" | "on";

/** What is known of one link; times in milliseconds since the epoch. */
export type LinkState = {
  /** Routers heard here, and until when each one's word holds. */
  readonly routers: ReadonlyMap<Ipv6Address, number>;
  /** The last answer to all. */
  readonly toAllAt?: number;
  /** The second that is being counted, and its answers to one machine each. */
  readonly second: number;
  readonly answers: number;
};

export const quietLink: LinkState = { routers: new Map(), second: 0, answers: 0 };

/** What to do about one message; the state is the link's from here on. */
export type AdvertDecision =
  | {
      readonly kind: "answer";
      readonly reason: "solicited" | "solicited-without-address";
      readonly to: Ipv6Address;
      readonly state: LinkState;
    }
  | {
      readonly kind: "note";
      readonly reason: "router-heard" | "router-gone";
      readonly state: LinkState;
    }
  | {
      readonly kind: "ignore";
      readonly reason: "router-present" | "too-soon" | "too-many" | "not-on-link" | "not-a-router";
    };

export type AdvertContext = {
  readonly mode: AdvertMode;
  readonly link: LinkState;
  readonly now: number;
};

export const allNodes: Ipv6Address = parseIpv6("ff02::1");

/** RFC 4861 §10, MIN_DELAY_BETWEEN_RAS: the least time between two answers to all, ms. */
export const toAllMs = 3000;
/** Answers to one machine each within a second; a rack that is switched on asks less. */
export const answersPerSecond = 200;
/** Routers remembered of one link; a link has one or two, an attacker thousands. */
export const routerLimit = 16;
/** RFC 4861 §6.2.1: no router's word holds longer. Prefixes may claim to hold forever. */
const longestSeconds = 9000;

/**
 * Answers who looks for a router, and listens for real ones. Only what was sent on this link counts:
 * a raw socket does not tell the hop limit that would prove it, but no router passes on a packet from
 * a link-local address or from none (RFC 4291 §2.5.2, §2.5.6).
 */
export function decideNdp(
  message: NdpMessage,
  source: Ipv6Address,
  context: AdvertContext,
): AdvertDecision {
  if (source !== anyIpv6 && !isLinkLocal(source)) return { kind: "ignore", reason: "not-on-link" };
  switch (message.kind) {
    case "solicitation":
      return decideSolicitation(source, context);
    case "advertisement":
      return decideAdvertisement(message, source, context);
    default:
      return assertNever(message);
  }
}

function decideSolicitation(source: Ipv6Address, context: AdvertContext): AdvertDecision {
  const { mode, link, now } = context;
  const speaks = [...link.routers.values()].some((until) => until > now);
  if (mode === "auto" && speaks) return { kind: "ignore", reason: "router-present" };
  if (source === anyIpv6) {
    const { toAllAt } = link;
    if (toAllAt !== undefined && now >= toAllAt && now - toAllAt < toAllMs) {
      return { kind: "ignore", reason: "too-soon" }; // who solicits repeats itself after 4 s
    }
    const state = { ...link, toAllAt: now };
    return { kind: "answer", reason: "solicited-without-address", to: allNodes, state };
  }
  const second = Math.floor(now / 1000);
  const answers = second === link.second ? link.answers : 0;
  if (answers >= answersPerSecond) return { kind: "ignore", reason: "too-many" };
  const state = { ...link, second, answers: answers + 1 };
  return { kind: "answer", reason: "solicited", to: source, state };
}

// A router is who offers a way out or a prefix to form addresses from. Another Kindling is neither.
function decideAdvertisement(
  message: Extract<NdpMessage, { kind: "advertisement" }>,
  source: Ipv6Address,
  { link, now }: AdvertContext,
): AdvertDecision {
  const seconds = Math.min(
    longestSeconds,
    Math.max(message.lifetimeSeconds, message.prefixSeconds),
  );
  const routers = new Map(link.routers);
  const known = routers.delete(source);
  if (seconds > 0 && source !== anyIpv6) {
    routers.set(source, now + 1000 * seconds);
    const [oldest] = routers.keys();
    if (routers.size > routerLimit && oldest !== undefined) routers.delete(oldest);
    return { kind: "note", reason: "router-heard", state: { ...link, routers } };
  }
  if (!known) return { kind: "ignore", reason: "not-a-router" };
  return { kind: "note", reason: "router-gone", state: { ...link, routers } };
}
