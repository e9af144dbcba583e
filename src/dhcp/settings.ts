import type { BootSite } from "../boot/next-stage.ts";
import type { QuirkOverride } from "../boot/quirks.ts";
import type { Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import type { Subnet } from "../wire/subnet.ts";
import type { BootMenu } from "./boot-menu.ts";
import type { ClientClassRule } from "./client-class.ts";
import type { OptionLayer } from "./option-layer.ts";
import type { PoolGuard } from "./pool-guard.ts";
import type { Reservation } from "./reservations.ts";

/** Where this daemon stands on the link that a message came in by. */
export type DhcpSite = BootSite & { readonly server: Ipv4Address; readonly subnet: Subnet };

/** Addresses from first to last, both included. */
export type AddressRange = { readonly first: Ipv4Address; readonly last: Ipv4Address };

/** Addresses to give out; with `classes`, to members of one of them only. */
export type AddressPool = AddressRange & { readonly classes?: readonly string[] };

/** What one machine is known by: what it shows in every stage, or RFC 2131 §4.2's identifier. */
export type ClientIdentity = "mac" | "client-id" | "uuid";

/** Lease times in seconds by who asks; what a subnet leaves out is the server's. */
export type LeaseTimes = {
  readonly system?: number;
  readonly boot?: number;
  readonly reserved?: number;
  readonly random?: number;
};

/** One subnet that is served: by an interface on it, or through relays. */
export type DhcpScope = {
  readonly subnet: Subnet;
  readonly pools: readonly AddressPool[];
  readonly excluded: readonly AddressRange[];
  readonly router?: Ipv4Address;
  readonly dns: readonly Ipv4Address[];
  readonly domain?: string;
  readonly options?: OptionLayer;
  readonly leaseTimes?: LeaseTimes;
  readonly identity?: ClientIdentity;
  readonly authoritative?: boolean;
  readonly rapidCommit?: boolean;
  /** Subnets of one name lie on one link: a client of any may have an address of each. */
  readonly sharedNetwork?: string;
  /**
   * Our address on the link that carries this subnet, or "relays" where none does. Without it the
   * subnet is on the link whose address of ours it holds.
   */
  readonly link?: Ipv4Address | "relays";
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
  /** A machine with a reservation; an installed system's time otherwise. */
  readonly reservedLeaseSeconds?: number;
  /** A system with a locally administered address, which it may change at any time. */
  readonly randomLeaseSeconds?: number;
  /** By how much of itself T1 and T2 are moved at most, so that machines do not renew together. */
  readonly renewalSpread?: number;
  readonly identity?: ClientIdentity;
  readonly rapidCommit?: boolean;
  /** BOOTP clients with a reservation get it, for ever. */
  readonly bootp?: boolean;
  readonly options?: OptionLayer;
  readonly classes?: readonly ClientClassRule[];
  /** This host's addresses on every link that is served. */
  readonly ownAddresses?: ReadonlySet<Ipv4Address>;
  /** First labels that no client's word can give it. */
  readonly protectedNames?: ReadonlySet<string>;
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
