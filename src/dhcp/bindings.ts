import type { Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import type { Uuid } from "../wire/uuid.ts";
import { type Lease, type LeaseState, leaseStateAt } from "./lease.ts";
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

/** Leases, then the reservations that no lease has; those without a MAC name nobody yet. */
export function listBindings(
  leases: readonly Lease[],
  reservations: readonly Reservation[],
  now: number,
): readonly Binding[] {
  const reserved = new Set(reservations.map((reservation) => reservation.address));
  const leased = leases.flatMap((lease): Binding[] => {
    const { address, mac, hostname, uuid, expires, relayed } = lease;
    if (mac === undefined) return [];
    const state = leaseStateAt(lease, now);
    const named = {
      ...(hostname !== undefined && { hostname }),
      ...(uuid !== undefined && { uuid }),
    };
    return [{ ...named, address, mac, reserved: reserved.has(address), state, expires, relayed }];
  });
  const known = new Set(leased.map((binding) => binding.address));
  const waiting = reservations.flatMap(({ address, mac, hostname }): Binding[] => {
    if (mac === undefined || address === undefined || known.has(address)) return [];
    const named = hostname === undefined ? {} : { hostname };
    return [{ ...named, address, mac, reserved: true, state: "reserved" }];
  });
  return [...leased, ...waiting];
}
