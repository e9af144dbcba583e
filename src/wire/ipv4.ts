import { WireError } from "../errors.ts";
import type { ByteReader } from "./reader.ts";
import type { ByteWriter } from "./writer.ts";

/** An IPv4 address as an unsigned 32-bit number: addresses compare, count and mask. Print with `formatIpv4`. */
export type Ipv4Address = number & { readonly __brand: "Ipv4Address" };

export const anyAddress = 0 as Ipv4Address;
export const limitedBroadcast = 0xffff_ffff as Ipv4Address;

/** Dotted quad, four decimal octets without leading zeros; throws `WireError` otherwise. */
export function parseIpv4(text: string): Ipv4Address {
  const parts = text.split(".");
  const octets = parts.map((part) => (/^(0|[1-9]\d{0,2})$/.test(part) ? Number(part) : 256));
  if (parts.length !== 4 || octets.some((octet) => octet > 255)) {
    throw new WireError("wire.invalid", `want an IPv4 address like 10.0.0.1, got "${text}"`, {
      field: "address",
      got: text,
    });
  }
  return octets.reduce((value, octet) => value * 256 + octet, 0) as Ipv4Address;
}

export function formatIpv4(address: Ipv4Address): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** The address `steps` after this one, modulo 2³². */
export function addToIpv4(address: Ipv4Address, steps: number): Ipv4Address {
  return ((address + steps) >>> 0) as Ipv4Address;
}

export function readIpv4(reader: ByteReader, field: string): Ipv4Address {
  return reader.u32(field) as Ipv4Address;
}

export function writeIpv4(writer: ByteWriter, address: Ipv4Address): void {
  writer.u32(address);
}
