import type { Ipv4Address } from "../wire/ipv4.ts";
import { subnetContains } from "../wire/subnet.ts";
import { abandonedKey } from "./conflict.ts";
import { isLive, type LeaseView, leaseStateAt } from "./lease.ts";
import { OptionCode } from "./options.ts";
import { isInPool, isUnassignable } from "./pool-space.ts";
import type { BindingKey, DhcpRequest } from "./request.ts";
import { findReservation, type ReservationBook } from "./reservations.ts";
import type { DhcpScope, DhcpSettings, DhcpSite } from "./settings.ts";

/** What a decision of the address server looks at besides the message, at one moment. */
export type DhcpContext = {
  readonly site: DhcpSite;
  readonly settings: DhcpSettings;
  readonly reservations: ReservationBook;
  readonly leases: LeaseView;
  readonly free: FreeAddresses;
  readonly now: number;
};

/** What the pools have left for a machine that was never here. */
export type FreeAddresses = {
  choose(scope: DhcpScope, newcomer: Newcomer): Ipv4Address | Shortage;
};

/** `hash` is where its search begins; `port` the relay's port it stands behind, if any. */
export type Newcomer = {
  readonly key: BindingKey;
  readonly hash: number;
  readonly port?: string;
  readonly now: number;
};

export type Shortage = "pool-exhausted" | "too-many-new-machines";

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
  | { readonly kind: "none"; readonly reason: Shortage };

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
  const found = context.free.choose(scope, newcomerOf(request, context.now));
  return typeof found === "string"
    ? { kind: "none", reason: found }
    : { kind: "address", address: found, reason: "pool" };
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
  if (isUnassignable(address, scope, [context.site.server])) return "outside-pool";
  if (!mine && !isInPool(address, scope)) return "outside-pool";
  const lease = leases.leaseAt(address);
  const state = lease && leaseStateAt(lease, now);
  if (lease && state === "declined" && isLive(lease, now)) {
    if (lease.key !== abandonedKey(request.key)) return "declined";
  }
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

// Behind one port of a relay: RFC 3046's circuit and remote id, whatever bytes they are.
function newcomerOf({ key, message }: DhcpRequest, now: number): Newcomer {
  const relay = message.options.get(OptionCode.relayAgent);
  const port = relay && `${message.giaddr}/${Buffer.from(relay).toString("hex")}`;
  return { key, hash: hash(key), now, ...(port !== undefined && { port }) };
}

// FNV-1a, 32 bits: short, well spread over keys that differ in their last characters.
function hash(key: BindingKey): number {
  let value = 0x811c_9dc5;
  for (let at = 0; at < key.length; at += 1) {
    value = Math.imul(value ^ key.charCodeAt(at), 0x0100_0193) >>> 0;
  }
  return value;
}
