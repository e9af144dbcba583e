import { WireError } from "../errors.ts";
import type { ByteReader } from "./reader.ts";
import type { ByteWriter } from "./writer.ts";

/** An IPv4 address as an unsigned 32-bit number: addresses compare, count and mask. Print with `formatIpv4`. */
export type Ipv4Address = number & { readonly __brand: "Ipv4Address" };

export const anyAddress = 0 as Ipv4Address;
export const limitedBroadcast = 0xffff_ffff as Ipv4Address;

/** Dotted quad, four decimal octets without leading zeros; throws `WireError` otherwise. */
export function parseIpv4(text: string): Ipv4Address {
  let address = 0;
  let start = 0;
  for (const mark of [".", ".", ".", ""]) {
    const end = mark === "" ? text.length : text.indexOf(mark, start);
    const octet = octetOf(text, start, end);
    if (octet === undefined) throw notAnAddress(text);
    address = address * 256 + octet;
    start = end + 1;
  }
  return address as Ipv4Address;
}

// By its characters: a start reads 100,000 addresses, and a split and four expressions are 60 ms of it.
function octetOf(text: string, start: number, end: number): number | undefined {
  const length = end - start;
  if (length < 1 || length > 3) return undefined;
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const digit = text.charCodeAt(at) - zero;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    value = value * 10 + digit;
  }
  const hasLeadingZero = length > 1 && text.charCodeAt(start) === zero;
  return hasLeadingZero || value > 255 ? undefined : value;
}

const zero = 48;

function notAnAddress(got: string): WireError {
  return new WireError("wire.invalid", `want an IPv4 address like 10.0.0.1, got "${got}"`, {
    field: "address",
    got,
  });
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
