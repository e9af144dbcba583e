import type { Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import type { Uuid } from "../wire/uuid.ts";
import type { BindingKey } from "./request.ts";

/** What is known of an address: durable, and there before the client hears of it. */
export type Lease = {
  readonly address: Ipv4Address;
  readonly key: BindingKey;
  readonly state: "bound" | "released" | "declined";
  /**
   * Milliseconds since the epoch: the lease's end, or the end of a declined address's probation.
   */
  readonly expires: number;
  /** A relay stood between: renewals then come unicast, without it (RFC 2131 §4.3.2). */
  readonly relayed: boolean;
  readonly mac?: MacAddress;
  readonly uuid?: Uuid;
  readonly hostname?: string;
  /** Option 82 as it came when the lease was made, in hexadecimal digits: renewals come without. */
  readonly relayAgent?: string;
  /** Option 61 in hexadecimal digits, kept whatever the machine is known by. */
  readonly clientId?: string;
};

/**
 * An address held for a client that has not asked for it yet: in memory only, lost in a restart.
 */
export type Offer = {
  readonly address: Ipv4Address;
  readonly key: BindingKey;
  readonly since: number;
  readonly expires: number;
};

export type LeaseState = "offered" | "bound" | "released" | "expired" | "declined";

/** What a decision wants of the tables. A `lease` is made durable before the reply is sent. */
export type LeaseChange =
  | { readonly kind: "lease"; readonly lease: Lease }
  | { readonly kind: "offer"; readonly offer: Offer }
  | { readonly kind: "withdraw"; readonly address: Ipv4Address };

/** The tables as decisions see them. */
export type LeaseView = {
  readonly leaseAt: (address: Ipv4Address) => Lease | undefined;
  /** Every lease of a client, newest last: it may have one in each subnet it was seen in. */
  readonly leasesOf: (key: BindingKey) => readonly Lease[];
  readonly offerAt: (address: Ipv4Address) => Offer | undefined;
  readonly offerOf: (key: BindingKey) => Offer | undefined;
  /** The lease that has this host name; the newest where there are several. */
  readonly leaseNamed: (hostname: string) => Lease | undefined;
};

/** The state now: nothing writes a lease's expiry down, the clock says it. */
export function leaseStateAt(lease: Lease, now: number): LeaseState {
  return lease.state === "bound" && lease.expires <= now ? "expired" : lease.state;
}

export function isLive(timed: { readonly expires: number }, now: number): boolean {
  return timed.expires > now;
}
