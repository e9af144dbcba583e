import { WireError } from "../errors.ts";
import { type MacAddress, macFromBytes } from "./mac.ts";
import type { ByteReader } from "./reader.ts";

/**
 * An IPv6 address as the one text that RFC 5952 gives it, without a zone: two are the same address
 * exactly when they are the same string.
 */
export type Ipv6Address = string & { readonly __brand: "Ipv6Address" };

/** An IPv6 prefix. `network` has no host bits set. */
export type Ipv6Prefix = { readonly network: Ipv6Address; readonly length: number };

export const anyIpv6 = "::" as Ipv6Address;

/** Any text of RFC 4291 §2.2, without a zone; throws `WireError` otherwise. */
export function parseIpv6(text: string): Ipv6Address {
  const halves = text.split("::");
  const [head = [], tail = []] = halves.map(groupsOf);
  const isQuadLast = halves.length === 1 || !halves[0]?.includes(".");
  const missing = 8 - head.length - tail.length;
  const isWhole = halves.length === 1 ? missing === 0 : halves.length === 2 && missing >= 1;
  const groups = [...head, ...Array.from({ length: Math.max(0, missing) }, () => 0), ...tail];
  if (!isWhole || !isQuadLast || groups.some((group) => Number.isNaN(group))) {
    throw new WireError("wire.invalid", `want an IPv6 address like fd77::1, got "${text}"`, {
      field: "address",
      got: text,
    });
  }
  return formatGroups(groups);
}

/** Sixteen octets → address; throws `WireError` for any other length. */
export function ipv6FromBytes(octets: Uint8Array): Ipv6Address {
  if (octets.length !== 16) {
    throw new WireError("wire.invalid", `an IPv6 address has 16 octets, got ${octets.length}`, {
      field: "address",
      want: 16,
      got: octets.length,
    });
  }
  const view = new DataView(octets.buffer, octets.byteOffset, 16);
  return formatGroups(Array.from({ length: 8 }, (_, index) => view.getUint16(2 * index)));
}

export function ipv6ToBytes(address: Ipv6Address): Uint8Array {
  const [head = [], tail] = address.split("::").map(groupsOf);
  const bytes = Buffer.alloc(16);
  for (const [index, group] of head.entries()) bytes.writeUInt16BE(group, 2 * index);
  const start = 16 - 2 * (tail?.length ?? 0);
  for (const [index, group] of (tail ?? []).entries())
    bytes.writeUInt16BE(group, start + 2 * index);
  return bytes;
}

export function readIpv6(reader: ByteReader, field: string): Ipv6Address {
  return ipv6FromBytes(reader.take(16, field));
}

/** fe80::/10: an address of one link, which no router passes on. */
export function isLinkLocal(address: Ipv6Address): boolean {
  return /^fe[89ab][0-9a-f]:/.test(address);
}

/** The prefix of this length that holds `address`. */
export function prefixOf(address: Ipv6Address, length: number): Ipv6Prefix {
  const bytes = ipv6ToBytes(address).map((octet, index) => {
    const bits = Math.min(8, Math.max(0, length - 8 * index));
    return octet & (0xff00 >>> bits);
  });
  return { network: ipv6FromBytes(bytes), length };
}

export function prefixContains(prefix: Ipv6Prefix, address: Ipv6Address): boolean {
  return prefixOf(address, prefix.length).network === prefix.network;
}

/**
 * The hardware address in a link-local address that was formed from it (RFC 4291 appendix A), as
 * firmware and boot loaders do; a system that hides it behind a random one (RFC 8981) gives none.
 */
export function macOfLinkLocal(address: Ipv6Address): MacAddress | undefined {
  const bytes = ipv6ToBytes(address);
  if (!isLinkLocal(address) || bytes[11] !== 0xff || bytes[12] !== 0xfe) return undefined;
  const octets = Uint8Array.of(...bytes.subarray(8, 11), ...bytes.subarray(13));
  octets[0] = (octets[0] ?? 0) ^ 2;
  return macFromBytes(octets);
}

// "" is no group; a dotted quad counts as two. What is no number comes out as NaN.
function groupsOf(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((part, index, all) => {
    if (index === all.length - 1 && part.includes(".")) return quadGroups(part);
    return /^[0-9a-f]{1,4}$/i.test(part) ? Number.parseInt(part, 16) : Number.NaN;
  });
}

function quadGroups(text: string): number[] {
  const octets = text.split(".").map((part) => (/^(0|[1-9]\d{0,2})$/.test(part) ? +part : 256));
  if (octets.length !== 4 || octets.some((octet) => octet > 255)) return [Number.NaN];
  const [a = 0, b = 0, c = 0, d = 0] = octets;
  return [a * 256 + b, c * 256 + d];
}

// RFC 5952 §4: lower case, no leading zeros, "::" for the longest run of two zeros or more.
function formatGroups(groups: readonly number[]): Ipv6Address {
  let best = { start: 0, length: 1 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  const text = groups.map((group) => group.toString(16));
  const whole =
    best.length < 2
      ? text.join(":")
      : `${text.slice(0, best.start).join(":")}::${text.slice(best.start + best.length).join(":")}`;
  return whole as Ipv6Address; // proven: eight 16-bit groups in canonical form
}
