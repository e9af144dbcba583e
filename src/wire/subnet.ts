import { WireError } from "../errors.ts";
import { formatIpv4, type Ipv4Address, parseIpv4 } from "./ipv4.ts";

/** An IPv4 prefix. `network` has no host bits set. */
export type Subnet = { readonly network: Ipv4Address; readonly prefix: number };

/** CIDR text such as `10.77.0.0/24`; host bits are an error, so that a typo is seen. */
export function parseSubnet(text: string): Subnet {
  const [address, length, ...rest] = text.split("/");
  if (
    address === undefined ||
    length === undefined ||
    rest.length > 0 ||
    !/^\d{1,2}$/.test(length)
  ) {
    throw invalid(text, `want a subnet like 10.77.0.0/24, got "${text}"`);
  }
  const prefix = Number(length);
  if (prefix > 32) throw invalid(text, `a prefix is 0 to 32 bits, got ${prefix}`);
  const given = parseIpv4(address);
  const subnet = subnetOf(given, prefix);
  if (subnet.network !== given) {
    throw invalid(text, `"${text}" has host bits set; did you mean ${formatSubnet(subnet)}?`);
  }
  return subnet;
}

/** The subnet of this prefix length that holds `address`. */
export function subnetOf(address: Ipv4Address, prefix: number): Subnet {
  return { network: ((address & maskBits(prefix)) >>> 0) as Ipv4Address, prefix };
}

export function formatSubnet(subnet: Subnet): string {
  return `${formatIpv4(subnet.network)}/${subnet.prefix}`;
}

export function subnetMask(subnet: Subnet): Ipv4Address {
  return maskBits(subnet.prefix) as Ipv4Address;
}

/** The directed broadcast address; for /31 and /32 the last address. */
export function broadcastOf(subnet: Subnet): Ipv4Address {
  return ((subnet.network | ~maskBits(subnet.prefix)) >>> 0) as Ipv4Address;
}

export function subnetContains(subnet: Subnet, address: Ipv4Address): boolean {
  return (address & maskBits(subnet.prefix)) >>> 0 === subnet.network;
}

/** 255.255.255.0 → 24; throws `WireError` for a mask with holes. */
export function prefixOfMask(mask: Ipv4Address): number {
  for (let prefix = 0; prefix <= 32; prefix += 1) if (maskBits(prefix) === mask) return prefix;
  throw invalid(formatIpv4(mask), `${formatIpv4(mask)} is not a contiguous netmask`);
}

function maskBits(prefix: number): number {
  return prefix === 0 ? 0 : (0xffff_ffff << (32 - prefix)) >>> 0;
}

function invalid(got: string, message: string): WireError {
  return new WireError("wire.invalid", message, { field: "subnet", got });
}
