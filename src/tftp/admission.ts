import { type IpAddress, isIpv6 } from "../wire/ip.ts";
import { type Ipv6Prefix, prefixContains } from "../wire/ipv6.ts";
import { type Subnet, subnetContains } from "../wire/subnet.ts";
import { Busy, ClientBusy, type Refusal } from "./request.ts";

/** How many transfers may be open, and for whom. */
export type AdmissionLimits = {
  /** Transfers open at once; past it a request is told to come back. */
  readonly transfersMax: number;
  /** Of these, for one address: behind NAT a whole rack has one. */
  readonly transfersPerClient: number;
  /** Nothing is sent to an address outside of the link's subnet. */
  readonly onLinkOnly: boolean;
};

/** What is open when a new request comes. */
export type Crowd = {
  readonly open: number;
  readonly ofClient: number;
  /** Of these, how many the client has not answered yet. */
  readonly unprovenOfClient: number;
  /** Age of the oldest transfer whose client never answered; absent when there is none. */
  readonly unansweredMs?: number;
  /** The same of this client's own. */
  readonly unansweredOfClientMs?: number;
};

export type AdmissionDecision =
  | { readonly kind: "admit" }
  /** Admit, and end the oldest transfer that was never answered: of all, or of this client's own. */
  | { readonly kind: "displace"; readonly whose: "anybody" | "client" }
  /** Say nothing: an answer would go to somebody who has been sent enough. */
  | { readonly kind: "ignore"; readonly reason: "unproven" }
  | Refusal;

/**
 * A client that is there answers within its round trip; one that is silent for this long was made up,
 * or will ask again. Shorter would end transfers whose answer was lost once.
 */
export const patienceMs = 1000;

/**
 * The same among the transfers of one address: twice as long, since here it bounds what an address is sent whose
 * owner did not ask: `unprovenPerClient` blocks in so long.
 */
export const clientPatienceMs = 2000;

/**
 * Transfers of one address that may wait for its first answer: this many blocks go to a forged sender, then
 * none until one of them is `clientPatienceMs` old, whose place the next takes. A rack behind NAT, which has one
 * address, answers within milliseconds; whoever comes in vain is told nothing and asks again, where an ERROR
 * would end a boot.
 */
export const unprovenPerClient = 32;

/**
 * Whether there is room for one more transfer. Requests from made-up senders fill the table like real
 * ones, but are never answered: they make room, so a flood of them does not lock out those who are.
 */
export function decideAdmission(crowd: Crowd, limits: AdmissionLimits): AdmissionDecision {
  if (crowd.ofClient >= limits.transfersPerClient) return ClientBusy;
  if (crowd.unprovenOfClient >= unprovenPerClient) {
    return (crowd.unansweredOfClientMs ?? 0) >= clientPatienceMs
      ? { kind: "displace", whose: "client" }
      : { kind: "ignore", reason: "unproven" };
  }
  if (crowd.open < limits.transfersMax) return { kind: "admit" };
  return (crowd.unansweredMs ?? 0) >= patienceMs ? { kind: "displace", whose: "anybody" } : Busy;
}

/** Is nothing to be said to this address at all, since whoever has it may not have asked? */
export function isForeign(
  address: IpAddress,
  { subnet, prefix }: { readonly subnet?: Subnet; readonly prefix?: Ipv6Prefix },
  limits: AdmissionLimits,
): boolean {
  if (!limits.onLinkOnly) return false;
  if (isIpv6(address)) return prefix !== undefined && !prefixContains(prefix, address);
  return subnet !== undefined && !subnetContains(subnet, address);
}
