import { type Ipv6Address, type Ipv6Prefix, ipv6FromBytes, ipv6ToBytes } from "../wire/ipv6.ts";

/** Prefixes longer than this leave too few addresses for chance to keep machines apart. */
export const longestPrefix = 64;

/**
 * The address of a client: the prefix and 64 bits hashed from who it is. Nothing is kept, and firmware,
 * iPXE and system of one machine get the same one after any restart. Two of a million machines would
 * meet with a chance of one in ten million; duplicate address detection then finds it, and `declines`
 * counts how often the client said so, which gives it another.
 */
export function addressFor(
  prefix: Ipv6Prefix,
  who: { readonly key: string; readonly declines: number },
  taken: Ipv6Address,
): Ipv6Address {
  for (let round = who.declines; ; round += 1) {
    const bytes = Buffer.from(ipv6ToBytes(prefix.network));
    const text = `${prefix.network} ${who.key} ${round}`;
    bytes.writeUInt32BE(hash(text, 0x811c_9dc5), 8);
    bytes.writeUInt32BE(hash(text, 0x01000193), 12);
    // Two clear bits keep off the identifiers from fdff:ffff:ffff:ff80 on, which are anycast (RFC
    // 5453), and off those that are formed from a MAC.
    bytes.writeUInt8((bytes[8] ?? 0) & 0xfc, 8);
    const address = ipv6FromBytes(bytes);
    if (address !== taken && address !== prefix.network) return address;
  }
}

// FNV-1a, then murmur3's last mixing, so that neighbours in the text are none in the result.
function hash(text: string, basis: number): number {
  let state = basis;
  for (const octet of Buffer.from(text)) state = Math.imul(state ^ octet, 0x0100_0193);
  state = Math.imul(state ^ (state >>> 16), 0x85eb_ca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2_ae35);
  return (state ^ (state >>> 16)) >>> 0;
}
