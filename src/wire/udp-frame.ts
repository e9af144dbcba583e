import type { Ipv4Address } from "./ipv4.ts";
import { type MacAddress, macFromBytes } from "./mac.ts";

/** A UDP datagram over IPv4 with the frame that brought it. */
export type UdpFrame = {
  /** The card that sent it, or the router's on the way. */
  readonly mac: MacAddress;
  readonly source: Ipv4Address;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
};

const Layout = { ethernet: 14, minIpv4: 20, udp: 8 } as const;
const etherTypeIpv4 = 0x0800;
const protocolUdp = 17;
const moreOrOffset = 0x3fff;

/**
 *      0        6        12     14             14 + 4 * ihl   + 8
 *     +--------+--------+------+--------------+--------------+---------+
 *     | to     | from   | type | IPv4 (RFC 791) | UDP (RFC 768) | payload |
 *     +--------+--------+------+--------------+--------------+---------+
 *
 * Undefined for every other frame, fragments among them. Checksums are the card's business: frames
 * of this host carry none.
 */
export function readUdpFrame(frame: Uint8Array): UdpFrame | undefined {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  if (bytes.length < Layout.ethernet + Layout.minIpv4 + Layout.udp) return undefined;
  if (bytes.readUInt16BE(12) !== etherTypeIpv4) return undefined;
  const ip = bytes.subarray(Layout.ethernet);
  const [first = 0] = ip;
  const headerBytes = (first & 15) * 4;
  const isUdp = first >> 4 === 4 && ip[9] === protocolUdp;
  const isWhole = (ip.readUInt16BE(6) & moreOrOffset) === 0;
  if (!isUdp || !isWhole || headerBytes < Layout.minIpv4) return undefined;
  const udp = ip.subarray(headerBytes);
  if (udp.length < Layout.udp) return undefined;
  const length = udp.readUInt16BE(4);
  if (length < Layout.udp || length > udp.length) return undefined;
  return {
    mac: macFromBytes(bytes.subarray(6, 12)),
    source: ip.readUInt32BE(12) as Ipv4Address, // proven: 32 bits
    sourcePort: udp.readUInt16BE(0),
    destinationPort: udp.readUInt16BE(2),
    payload: udp.subarray(Layout.udp, length),
  };
}
