import { addToIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import { broadcastOf, subnetContains } from "../wire/subnet.ts";
import { isLive, type LeaseView, leaseStateAt } from "./lease.ts";
import type { BindingKey, DhcpRequest } from "./request.ts";
import { findReservation, type ReservationBook } from "./reservations.ts";
import type { AddressRange, DhcpScope, DhcpSettings, DhcpSite } from "./settings.ts";

/** What a decision of the address server looks at besides the message, at one moment. */
export type DhcpContext = {
  readonly site: DhcpSite;
  readonly settings: DhcpSettings;
  readonly reservations: ReservationBook;
  readonly leases: LeaseView;
  readonly now: number;
};

/** The same, on the link where the client is. */
export type PoolContext = DhcpContext & { readonly scope: DhcpScope };

/** Why a client may not have an address. */
export type Refusal =
  | "wrong-subnet"
  | "outside-pool"
  | "reserved-for-another"
  | "declined"
  | "taken"
  | "recently-used"
  | "lease-elsewhere";

/** Whether a client may have an address, and on what ground. */
export type Claim =
  | { readonly kind: "grant"; readonly ground: "offer" | "lease" | "free" }
  | { readonly kind: "refuse"; readonly reason: Refusal };

export type Choice =
  | {
      readonly kind: "address";
      readonly address: Ipv4Address;
      readonly reason: "reservation" | "lease" | "requested" | "pool";
    }
  | { readonly kind: "none"; readonly reason: "pool-exhausted" };

/**
 * When a pool is exhausted an offer may be taken back after this: floods of DISCOVERs leave such.
 */
const halfOpenMs = 10_000;

/**
 * RFC 2131 §4.3.1: reservation, current or previous lease, the address asked for, then a free one.
 */
export function chooseAddress(request: DhcpRequest, context: PoolContext): Choice {
  const { leases, scope } = context;
  const reserved = findReservation(request, context.reservations)?.address;
  const held = leases.offerOf(request.key)?.address;
  const before = leases.leasesOf(request.key).map((lease) => lease.address);
  const candidates = [
    { reason: "reservation", address: reserved },
    ...before.reverse().map((address) => ({ reason: "lease", address }) as const),
    { reason: "pool", address: held },
    { reason: "requested", address: request.requested },
  ] as const;
  for (const { reason, address } of candidates) {
    if (address === undefined || !subnetContains(scope.subnet, address)) continue;
    if (obstacle(address, request, context) === undefined)
      return { kind: "address", address, reason };
  }
  return probe(request, context);
}

/** May this client use this address? The question of every REQUEST, whatever state it is in. */
export function claimAddress(
  address: Ipv4Address,
  request: DhcpRequest,
  context: PoolContext,
): Claim {
  const { leases, now } = context;
  const reason = obstacle(address, request, context);
  if (reason !== undefined) return { kind: "refuse", reason };
  const offer = leases.offerAt(address);
  if (offer?.key === request.key && isLive(offer, now)) return { kind: "grant", ground: "offer" };
  if (isHeldElsewhere(address, request, context))
    return { kind: "refuse", reason: "lease-elsewhere" };
  const own = leases.leaseAt(address)?.key === request.key;
  return { kind: "grant", ground: own ? "lease" : "free" };
}

/** What stands between this client and the address; undefined when nothing does. */
function obstacle(
  address: Ipv4Address,
  request: DhcpRequest,
  context: PoolContext,
): Refusal | undefined {
  const { scope, leases, now, settings } = context;
  if (!subnetContains(scope.subnet, address)) return "wrong-subnet";
  const reservedFor = context.reservations.byAddress.get(address);
  const mine = findReservation(request, context.reservations)?.address === address;
  if (reservedFor !== undefined && !mine) return "reserved-for-another";
  if (isUnassignable(address, context)) return "outside-pool";
  if (!mine && !isInPool(address, scope)) return "outside-pool";
  const lease = leases.leaseAt(address);
  const state = lease && leaseStateAt(lease, now);
  if (lease && state === "declined" && isLive(lease, now)) return "declined";
  if (state === "bound" && lease?.key !== request.key) return "taken";
  const offer = leases.offerAt(address);
  if (offer && isLive(offer, now)) return offer.key === request.key ? undefined : "taken";
  if (state !== "expired" || lease?.key === request.key) return undefined;
  const graceEnds = (lease?.expires ?? 0) + settings.graceSeconds * 1000;
  return now < graceEnds ? "recently-used" : undefined;
}

// Known and different (RFC 2131 §4.3.2): the client's lease or reservation is another address.
function isHeldElsewhere(
  address: Ipv4Address,
  request: DhcpRequest,
  context: PoolContext,
): boolean {
  const { leases, now, scope } = context;
  const reserved = findReservation(request, context.reservations)?.address;
  if (reserved === address) return false;
  if (reserved !== undefined && obstacle(reserved, request, context) === undefined) return true;
  const own = leases.leasesOf(request.key).filter((lease) => leaseStateAt(lease, now) === "bound");
  const here = own.filter((lease) => subnetContains(scope.subnet, lease.address));
  return here.length > 0 && here.every((lease) => lease.address !== address);
}

function isUnassignable(address: Ipv4Address, { scope, site }: PoolContext): boolean {
  const { subnet } = scope;
  if (address === site.server || address === scope.router || scope.dns.includes(address))
    return true;
  const hasEnds = subnet.prefix < 31; // RFC 3021: a /31 is two hosts
  return hasEnds && (address === subnet.network || address === broadcastOf(subnet));
}

function isInPool(address: Ipv4Address, scope: DhcpScope): boolean {
  const within = (range: AddressRange) => range.first <= address && address <= range.last;
  if (!scope.pools.some(within) || scope.excluded.some(within)) return false;
  // Old Windows takes .0 and .255 for network and broadcast even inside a wider subnet.
  const octet = address & 255;
  return scope.subnet.prefix >= 24 || (octet !== 0 && octet !== 255);
}

/**
 * Starts where the client's key hashes to, so that a machine tends to get the same address even
 * after the leases were lost, and takes the first address that nobody ever had; else the one that
 * has been unused the longest; else one still within grace; else the oldest half-open offer.
 */
function probe(request: DhcpRequest, context: PoolContext): Choice {
  const { pools } = context.scope;
  const size = pools.reduce((sum, { first, last }) => sum + (last - first + 1), 0);
  const start = hash(request.key) % Math.max(1, size);
  let best: { readonly address: Ipv4Address; readonly rank: number } | undefined;
  for (let step = 0; step < size; step += 1) {
    const address = addressAt((start + step) % size, pools);
    const rank = rankOf(address, request, context);
    if (rank === 0) return { kind: "address", address, reason: "pool" };
    if (rank < (best?.rank ?? Number.POSITIVE_INFINITY)) best = { address, rank };
  }
  if (best === undefined) return { kind: "none", reason: "pool-exhausted" };
  return { kind: "address", address: best.address, reason: "pool" };
}

// 0: never used. Then by the time it has been free since, the longest first, which leaves those
// within grace to the end. Then by an offer's age, past any time. Infinite: not to be had.
function rankOf(address: Ipv4Address, request: DhcpRequest, context: PoolContext): number {
  const { leases, now } = context;
  const offer = leases.offerAt(address);
  const reason = obstacle(address, request, context);
  const lease = leases.leaseAt(address);
  if (reason === undefined || reason === "recently-used") return lease?.expires ?? 0;
  const bound = lease !== undefined && leaseStateAt(lease, now) === "bound";
  const halfOpen = reason === "taken" && !bound && offer && offer.since + halfOpenMs <= now;
  return halfOpen ? Number.MAX_SAFE_INTEGER / 2 + offer.since : Number.POSITIVE_INFINITY;
}

function addressAt(index: number, pools: readonly AddressRange[]): Ipv4Address {
  let left = index;
  for (const { first, last } of pools) {
    const size = last - first + 1;
    if (left < size) return addToIpv4(first, left);
    left -= size;
  }
  throw new RangeError(`pool index ${index} is past the pools' end`);
}

// FNV-1a, 32 bits: short, well spread over keys that differ in their last characters.
function hash(key: BindingKey): number {
  let value = 0x811c_9dc5;
  for (let at = 0; at < key.length; at += 1) {
    value = Math.imul(value ^ key.charCodeAt(at), 0x0100_0193) >>> 0;
  }
  return value;
}
