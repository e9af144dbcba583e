import type { BootSite } from "../boot/next-stage.ts";
import type { Ipv6Address, Ipv6Prefix } from "../wire/ipv6.ts";
import type { MacAddress } from "../wire/mac.ts";

/** Where this daemon stands on the link that a message came in by. */
export type Dhcp6Site = BootSite & {
  readonly server: Ipv6Address;
  /** The link's prefix, from which addresses are given. */
  readonly prefix: Ipv6Prefix;
  /** `stateless` tells options only (RFC 8415 §6.1), `stateful` gives addresses too. */
  readonly mode: "stateless" | "stateful";
};

/** What an operator decides. */
export type Dhcp6Settings = {
  readonly dns: readonly Ipv6Address[];
  /** How long a system may use its address, seconds. */
  readonly leaseSeconds: number;
  /** The same for firmware and iPXE. */
  readonly bootLeaseSeconds: number;
  /** Machines that get no answer to a network boot. */
  readonly disabled: ReadonlySet<MacAddress>;
};
