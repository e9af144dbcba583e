import { WireError } from "../errors.ts";
import { type Ipv6Address, ipv6ToBytes, readIpv6 } from "../wire/ipv6.ts";
import { ByteReader } from "../wire/reader.ts";
import { ByteWriter } from "../wire/writer.ts";
import { findOption, type Option6, OptionCode6, parseOptions6, writeOptions6 } from "./options.ts";

/** RFC 8415 §7.3. */
export const MessageType6 = {
  solicit: 1,
  advertise: 2,
  request: 3,
  confirm: 4,
  renew: 5,
  rebind: 6,
  reply: 7,
  release: 8,
  decline: 9,
  reconfigure: 10,
  informationRequest: 11,
  relayForward: 12,
  relayReply: 13,
} as const;

/** A message between client and server. */
export type Dhcp6Message = {
  readonly type: number;
  /** 24 bits. */
  readonly xid: number;
  readonly options: readonly Option6[];
};

/** What one relay put around a message. */
export type Relay = {
  readonly hops: number;
  readonly link: Ipv6Address;
  readonly peer: Ipv6Address;
  /** All of its options but the message. */
  readonly options: readonly Option6[];
};

/** A message and the relays that it came by, the last one, which is nearest to us, first. */
export type Dhcp6Packet = { readonly message: Dhcp6Message; readonly relays: readonly Relay[] };

/** RFC 8415 §7.6, HOP_COUNT_LIMIT. */
export const relayLimit = 8;

/** What fits an Ethernet frame without the headers of IPv6 and UDP; firmware joins no fragments. */
export const maxBytes6 = 1452;

//  §8  message  type │ xid u24 │ options
//  §9  relay    type │ hops │ link address 16 │ peer address 16 │ options, one of them the message
/** Reads a datagram; throws `WireError` and nothing else. */
export function parseDhcp6(bytes: Uint8Array): Dhcp6Packet {
  const relays: Relay[] = [];
  let inner = bytes;
  while (inner[0] === MessageType6.relayForward || inner[0] === MessageType6.relayReply) {
    const reader = new ByteReader(inner);
    reader.u8("type");
    const head = {
      hops: reader.u8("hops"),
      link: readIpv6(reader, "link"),
      peer: readIpv6(reader, "peer"),
    };
    const options = parseOptions6(reader.rest());
    const carried = findOption(options, OptionCode6.relayMessage);
    if (carried === undefined) throw invalid("option 9", "none");
    if (relays.length === relayLimit) throw invalid("relays", relayLimit + 1);
    relays.push({
      ...head,
      options: options.filter(({ code }) => code !== OptionCode6.relayMessage),
    });
    inner = carried;
  }
  const reader = new ByteReader(inner);
  const type = reader.u8("type");
  const xid = (reader.u8("xid") << 16) | reader.u16("xid");
  return { message: { type, xid, options: parseOptions6(reader.rest()) }, relays };
}

/** The datagram, wrapped for each relay in turn; throws `WireError` when it would not fit a frame. */
export function formatDhcp6({ message, relays }: Dhcp6Packet, relayType: number): Uint8Array {
  const writer = new ByteWriter(maxBytes6);
  writer
    .u8(message.type)
    .u8(message.xid >>> 16)
    .u16(message.xid & 0xffff);
  writeOptions6(writer, message.options);
  return relays.reduceRight((value, relay) => wrap(relay, relayType, value), writer.finish());
}

function wrap({ hops, link, peer, options }: Relay, type: number, value: Uint8Array): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(type).u8(hops).put(ipv6ToBytes(link)).put(ipv6ToBytes(peer));
  writeOptions6(writer, [...options, { code: OptionCode6.relayMessage, value }]);
  return writer.finish();
}

function invalid(field: string, got: unknown): WireError {
  return new WireError("wire.invalid", `${field} of a DHCPv6 message: got ${got}`, { field, got });
}
