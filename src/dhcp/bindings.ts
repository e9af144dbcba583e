import type { Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import type { Uuid } from "../wire/uuid.ts";
import { isLive, type Lease, type LeaseState, leaseStateAt, type Offer } from "./lease.ts";
import type { Reservation } from "./reservations.ts";

/** Who has, had or will have an address: what DNS and the admin view read. */
export type Binding = {
  readonly hostname?: string;
  readonly address: Ipv4Address;
  readonly mac: MacAddress;
  readonly reserved: boolean;
  /** `reserved` where the machine has not been seen yet. */
  readonly state: LeaseState | "reserved";
  /** When the lease ends or ended, in milliseconds since the epoch. */
  readonly expires?: number;
  readonly uuid?: Uuid;
  /** A relay stood between. */
  readonly relayed?: boolean;
};

/** What is known of addresses, in memory and by configuration. */
export type BindingSources = {
  readonly leases: readonly Lease[];
  readonly offers: readonly Offer[];
  readonly reservations: readonly Reservation[];
};

/**
 * Leases, then offers of addresses that nobody has, then the reservations that neither has; those without a
 * MAC name nobody yet.
 */
export function listBindings(
  { leases, offers, reservations }: BindingSources,
  now: number,
): readonly Binding[] {
  const reserved = new Set(reservations.map((reservation) => reservation.address));
  const leased = leases.flatMap(
    (lease) => bindingOf(lease, reserved.has(lease.address), now) ?? [],
  );
  const standing = offers.filter((offer) => isLive(offer, now));
  const wanted = new Set(standing.map(({ address }) => address));
  const held = new Set(addressesOf(leased.filter((it) => wanted.has(it.address) && isHeld(it))));
  const offered = standing.flatMap((offer): Binding[] => {
    const { address, mac, hostname } = offer;
    if (mac === undefined || held.has(address)) return [];
    const named = hostname === undefined ? {} : { hostname };
    return [{ ...named, address, mac, reserved: reserved.has(address), state: "offered" }];
  });
  const promised = new Set(addressesOf(offered));
  const current = leased.filter(({ address }) => !promised.has(address));
  // Of what may be 100,000 leases only those are looked up that somebody asks for below.
  const known = new Set(addressesOf([...current, ...offered].filter((it) => it.reserved)));
  const waiting = reservations.flatMap(({ address, mac, hostname }): Binding[] => {
    if (mac === undefined || address === undefined || known.has(address)) return [];
    const named = hostname === undefined ? {} : { hostname };
    return [{ ...named, address, mac, reserved: true, state: "reserved" }];
  });
  return [...current, ...offered, ...waiting];
}

function bindingOf(lease: Lease, isReserved: boolean, now: number): Binding | undefined {
  const { address, mac, hostname, uuid, expires, relayed } = lease;
  if (mac === undefined) return undefined;
  const state = leaseStateAt(lease, now);
  const binding = { address, mac, reserved: isReserved, state, expires, relayed };
  if (uuid !== undefined) return { ...binding, uuid, ...(hostname !== undefined && { hostname }) };
  if (hostname === undefined) return binding;
  return { hostname, address, mac, reserved: isReserved, state, expires, relayed };
}

function addressesOf(bindings: readonly Binding[]): readonly Ipv4Address[] {
  return bindings.map(({ address }) => address);
}

// An offer of an address that its last holder gave back is the news of it.
function isHeld({ state }: Binding): boolean {
  return state === "bound" || state === "declined";
}
