import { formatIpv4, type Ipv4Address, parseIpv4 } from "./ipv4.ts";
import { type Ipv6Address, parseIpv6 } from "./ipv6.ts";

/** An address of either family: IPv4 is a number, IPv6 is text. */
export type IpAddress = Ipv4Address | Ipv6Address;

export function isIpv6(address: IpAddress): address is Ipv6Address {
  return typeof address === "string";
}

/** Either family's text; throws `WireError` otherwise. */
export function parseIp(text: string): IpAddress {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

export function formatIp(address: IpAddress): string {
  return isIpv6(address) ? address : formatIpv4(address);
}

/** The address as the host of a URL: IPv6 in brackets (RFC 3986 §3.2.2). */
export function formatUrlHost(address: IpAddress): string {
  return isIpv6(address) ? `[${address}]` : formatIpv4(address);
}
