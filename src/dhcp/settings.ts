import type { BootSite } from "../boot/next-stage.ts";
import type { QuirkOverride } from "../boot/quirks.ts";
import type { Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import type { Subnet } from "../wire/subnet.ts";
import type { Uuid } from "../wire/uuid.ts";
import type { BootMenu } from "./boot-menu.ts";
import type { PoolGuard } from "./pool-guard.ts";

/** Where this daemon stands on the link that a message came in by. */
export type DhcpSite = BootSite & { readonly server: Ipv4Address; readonly subnet: Subnet };

/** Addresses from first to last, both included. */
export type AddressRange = { readonly first: Ipv4Address; readonly last: Ipv4Address };

/** One subnet that is served: by an interface on it, or through relays. */
export type DhcpScope = {
  readonly subnet: Subnet;
  readonly pools: readonly AddressRange[];
  readonly excluded: readonly AddressRange[];
  readonly router?: Ipv4Address;
  readonly dns: readonly Ipv4Address[];
  readonly domain?: string;
};

/**
 * An address, a host name or both kept for one machine, named by UUID, by MAC or by both; the UUID is
 * asked first. Without an address the machine gets one of the pool and the name goes with it.
 */
export type Reservation = {
  readonly address?: Ipv4Address;
  readonly mac?: MacAddress;
  readonly uuid?: Uuid;
  readonly hostname?: string;
};

/**
 * How a proxyDHCP offer is made. `direct` carries the boot file (form A), `boot-server` sends firmware to
 * port 4011 for it (form B), `auto` tries the first and, with UEFI that comes back, the second.
 */
export type ProxyAnswer = "auto" | "direct" | "boot-server";

/** What an operator decides; in proxy mode only what `ProxySettings` names counts. */
export type DhcpSettings = {
  readonly scopes: readonly DhcpScope[];
  readonly reservations: readonly Reservation[];
  /** An installed system's lease. */
  readonly leaseSeconds: number;
  /** Firmware and iPXE need an address for minutes; the system then asks anew. */
  readonly bootLeaseSeconds: number;
  /** How long an OFFER is held for its client. */
  readonly offerSeconds: number;
  /** How long a declined address stays unused. */
  readonly declineSeconds: number;
  /** How long an ended lease's address is passed over while others are free: clocks jump. */
  readonly graceSeconds: number;
  /** This is the link's only server: it answers for leases that it does not remember. */
  readonly authoritative: boolean;
  /**
   * Machines that get no answer to a network boot, and so go on to their next boot entry at once.
   */
  readonly disabled: ReadonlySet<MacAddress>;
  readonly proxyAnswer: ProxyAnswer;
  /** What an operator says of single machines' firmware. */
  readonly quirks: ReadonlyMap<MacAddress, QuirkOverride>;
  /** A menu for firmware to show; absent by default. */
  readonly menu?: BootMenu;
  readonly poolGuard: PoolGuard;
};

/** The times that RFC 2131 leaves to the operator; an operator may change each one. */
export const DefaultTimes = {
  leaseSeconds: 12 * 3600,
  bootLeaseSeconds: 300,
  offerSeconds: 60,
  declineSeconds: 24 * 3600,
  graceSeconds: 3600,
} as const;

/** The reservations by what they are asked by. */
export type ReservationBook = {
  readonly byAddress: ReadonlyMap<Ipv4Address, Reservation>;
  readonly byMac: ReadonlyMap<MacAddress, Reservation>;
  readonly byUuid: ReadonlyMap<Uuid, Reservation>;
};

export function bookReservations(reservations: readonly Reservation[]): ReservationBook {
  const byAddress = new Map<Ipv4Address, Reservation>();
  const byMac = new Map<MacAddress, Reservation>();
  const byUuid = new Map<Uuid, Reservation>();
  for (const reservation of reservations) {
    if (reservation.address !== undefined) byAddress.set(reservation.address, reservation);
    if (reservation.mac !== undefined) byMac.set(reservation.mac, reservation);
    if (reservation.uuid !== undefined) byUuid.set(reservation.uuid, reservation);
  }
  return { byAddress, byMac, byUuid };
}
