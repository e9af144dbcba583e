import type { IpAddress } from "../wire/ip.ts";
import type { Ipv6Prefix } from "../wire/ipv6.ts";
import type { Subnet } from "../wire/subnet.ts";

/** A link that is served, and from which address. */
export type TftpLink = {
  readonly address: IpAddress;
  /** Absent: requests sent to 255.255.255.255 are not heard. */
  readonly device?: string;
  /** Absent: every address is taken for one on the link. */
  readonly subnet?: Subnet;
  readonly prefix?: Ipv6Prefix;
  readonly mtu?: number;
};
