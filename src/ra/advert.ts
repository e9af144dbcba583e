/**
 * Router advertisements that end a wait and nothing else: iPXE asks for a router before it boots, and
 * on a LAN without one it waits 13 s for an answer. Ours says that there is none: its lifetime is 0,
 * always, so that no machine can take this host for a way out. It follows RFC 4861. Pure up to
 * `server.ts`.
 */
import { WireError } from "../errors.ts";
import { type Ipv6Prefix, ipv6ToBytes } from "../wire/ipv6.ts";
import { ByteReader } from "../wire/reader.ts";
import { ByteWriter } from "../wire/writer.ts";

/** ICMPv6 types of neighbour discovery that are read here. */
export const NdpType = { solicitation: 133, advertisement: 134 } as const;

/** What was heard: somebody looks for a router, or somebody says something as one. */
export type NdpMessage =
  | { readonly kind: "solicitation" }
  | {
      readonly kind: "advertisement";
      readonly lifetimeSeconds: number;
      /** The longest valid lifetime of the prefixes it names; 0 when it names none. */
      readonly prefixSeconds: number;
    };

/** What our own advertisement says besides "no router here". */
export type Advert = {
  /** Addresses are had by DHCPv6 (RFC 4861 §4.2, M). */
  readonly managed: boolean;
  /** Other configuration is had by DHCPv6 (O). */
  readonly other: boolean;
  /** On this link, not to be used for addresses of one's own choice (L set, A clear). */
  readonly onLink?: Ipv6Prefix;
};

/** An advertisement that says nothing but that nobody routes. */
export const silentAdvert: Advert = { managed: false, other: false };

const option = { prefix: 3 } as const;
const prefixBytes = 32;

/** How long a machine may reach its neighbours by our prefix, seconds: a boot, with room. */
const onLinkSeconds = 3600;

//  RFC 4861 §4.1  type 133 │ code │ checksum u16 │ reserved u32 │ options
//  RFC 4861 §4.2  type 134 │ code │ checksum u16 │ hop limit │ M O ……  │ lifetime u16 │
//                 reachable u32 │ retransmit u32 │ options
//  option         type │ length in units of 8 │ …
//  §4.6.2 prefix  3 │ 4 │ prefix length │ L A …… │ valid u32 │ preferred u32 │ reserved u32 │ prefix
/** An ICMPv6 message of type 133 or 134, its checksum proven by the kernel; throws `WireError`. */
export function parseNdp(bytes: Uint8Array): NdpMessage {
  const reader = new ByteReader(bytes);
  const type = reader.u8("type");
  const code = reader.u8("code");
  reader.take(2, "checksum");
  if (code !== 0) throw invalid("code", code);
  if (type === NdpType.solicitation) {
    reader.take(4, "reserved");
    longestPrefix(reader);
    return { kind: "solicitation" };
  }
  if (type !== NdpType.advertisement) throw invalid("type", type);
  reader.take(2, "hop limit and flags");
  const lifetimeSeconds = reader.u16("lifetime");
  reader.take(8, "timers");
  return { kind: "advertisement", lifetimeSeconds, prefixSeconds: longestPrefix(reader) };
}

/** The message to send; the kernel fills in the checksum. Its router lifetime is 0 whatever is asked. */
export function formatAdvert({ managed, other, onLink }: Advert): Uint8Array {
  const flags = (managed ? 0x80 : 0) | (other ? 0x40 : 0);
  const writer = new ByteWriter(64, 48);
  // Hop limit 64 is what hosts take anyway; the timers stay "unspecified".
  writer.u8(NdpType.advertisement).u8(0).u16(0).u8(64).u8(flags).u16(0).u32(0).u32(0);
  if (onLink !== undefined) {
    writer
      .u8(option.prefix)
      .u8(prefixBytes / 8)
      .u8(onLink.length)
      .u8(0x80);
    writer.u32(onLinkSeconds).u32(0).u32(0).put(ipv6ToBytes(onLink.network));
  }
  return writer.finish();
}

// §6.1.1, §6.1.2: an option of length 0 makes the whole message invalid.
function longestPrefix(reader: ByteReader): number {
  let longest = 0;
  while (reader.left > 0) {
    const type = reader.u8("option type");
    const units = reader.u8("option length");
    if (units === 0) throw invalid("option length", units);
    const value = new ByteReader(reader.take(8 * units - 2, `option ${type}`));
    if (type !== option.prefix || 8 * units !== prefixBytes) continue;
    value.take(2, "prefix length and flags");
    longest = Math.max(longest, value.u32("valid lifetime"));
  }
  return longest;
}

function invalid(field: string, got: number): WireError {
  return new WireError("wire.invalid", `${field} of a neighbour discovery message: got ${got}`, {
    field,
    got,
  });
}
