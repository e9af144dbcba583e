import type { CapturedFrame } from "../src/lab/pcap.ts";
import { formatIpv4, readIpv4 } from "../src/wire/ipv4.ts";
import { ByteReader } from "../src/wire/reader.ts";

/** A UDP datagram or TCP segment of a capture; ends are `address:port`. */
export type Packet = {
  readonly at: number;
  readonly protocol: "udp" | "tcp";
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly payload: Uint8Array;
};

export type Endpoint = { readonly address: string; readonly port: number };

/** What a frame holds; `other` says what it is called when it is only counted. */
export type Captured =
  | { readonly kind: "packet"; readonly packet: Packet }
  | { readonly kind: "other"; readonly name: string };

const EtherTypes: Readonly<Record<number, string>> = {
  2054: "ARP",
  34525: "IPv6",
};
const ipv4 = 0x0800;
const Protocols: Readonly<Record<number, "udp" | "tcp">> = { 6: "tcp", 17: "udp" };

/** Ethernet, IPv4 and UDP or TCP peeled off; throws `WireError` for a frame that was cut short. */
export function readFrame({ at, bytes }: CapturedFrame): Captured {
  const reader = new ByteReader(bytes);
  reader.take(12, "MAC addresses");
  const type = reader.u16("ether type");
  if (type !== ipv4) return { kind: "other", name: EtherTypes[type] ?? "other frames" };
  const start = reader.offset;
  const headerBytes = 4 * (reader.u8("version and header length") & 15);
  reader.take(1, "type of service");
  const end = start + reader.u16("total length"); // Ethernet pads short packets
  reader.take(2, "identification");
  const fragment = reader.u16("fragment offset") & 0x3fff;
  reader.take(1, "time to live");
  const protocol = Protocols[reader.u8("protocol")];
  reader.take(2, "header checksum");
  const [source, target] = [readIpv4(reader, "source"), readIpv4(reader, "destination")];
  if (protocol === undefined) return { kind: "other", name: "other IPv4" };
  if (fragment !== 0) return { kind: "other", name: "IPv4 fragments" };
  const inner = new ByteReader(bytes, start + headerBytes, Math.min(end, bytes.length));
  const from = { address: formatIpv4(source), port: inner.u16("source port") };
  const to = { address: formatIpv4(target), port: inner.u16("destination port") };
  inner.take(protocol === "udp" ? 4 : tcpRest(inner), `${protocol} header`);
  return { kind: "packet", packet: { at, protocol, from, to, payload: inner.rest() } };
}

// Behind the ports: sequence and acknowledgement, then the data offset in words of four bytes.
function tcpRest(inner: ByteReader): number {
  inner.take(8, "sequence numbers");
  return 4 * (inner.u8("data offset") >>> 4) - 13;
}
