import { WireError } from "../errors.ts";
import { anyAddress, type Ipv4Address, readIpv4, writeIpv4 } from "./ipv4.ts";
import { type MacAddress, macFromBytes, macToBytes } from "./mac.ts";
import { ByteReader } from "./reader.ts";
import { ByteWriter } from "./writer.ts";

/** Two bytes that say what an Ethernet frame holds. */
export const EtherType = { ipv4: 0x0800, arp: 0x0806 } as const;

const broadcast = "ff:ff:ff:ff:ff:ff" as MacAddress; // proven: six pairs
const nobody = "00:00:00:00:00:00" as MacAddress; // proven as above
const ethernet = 1;
const operation = { request: 1, reply: 2 } as const;
const frameMin = 60; // without the checksum; cards pad, drivers of virtual ones may not

/** What an ARP message over Ethernet and IPv4 says of its sender, and whom it asks for. */
export type ArpMessage = {
  readonly kind: "request" | "reply";
  readonly senderMac: MacAddress;
  readonly sender: Ipv4Address;
  readonly target: Ipv4Address;
};

//   0             6        12     14    16    18  19  20   22          28        32          38
//   | destination | source | 0806 | htype ptype 6 | 4 | op | sender MAC, address | target MAC, address |
/** Reads a whole frame; throws `WireError` for what is no ARP over Ethernet and IPv4. */
export function parseArp(frame: Uint8Array): ArpMessage {
  const reader = new ByteReader(frame);
  reader.take(12, "ethernet addresses");
  expect(reader.u16("ethernet type"), EtherType.arp, "ethernet type");
  expect(reader.u16("arp hardware"), ethernet, "arp hardware");
  expect(reader.u16("arp protocol"), EtherType.ipv4, "arp protocol");
  expect(reader.u16("arp lengths"), 0x0604, "arp lengths");
  const code = reader.u16("arp operation");
  if (code !== operation.request) expect(code, operation.reply, "arp operation");
  const senderMac = macFromBytes(reader.take(6, "arp sender"));
  const sender = readIpv4(reader, "arp sender address");
  reader.take(6, "arp target");
  const target = readIpv4(reader, "arp target address");
  return { kind: code === operation.request ? "request" : "reply", senderMac, sender, target };
}

/** RFC 5227 §2.1.1: who has `target`? Asked by nobody, so that no table of the link changes. */
export function formatArpProbe(from: MacAddress, target: Ipv4Address): Uint8Array {
  return formatArp(broadcast, { kind: "request", senderMac: from, sender: anyAddress, target });
}

/** A whole frame, padded to Ethernet's least length. */
export function formatArp(to: MacAddress, message: ArpMessage): Uint8Array {
  const writer = new ByteWriter(frameMin, frameMin);
  writer.put(macToBytes(to)).put(macToBytes(message.senderMac)).u16(EtherType.arp);
  writer.u16(ethernet).u16(EtherType.ipv4).u16(0x0604).u16(operation[message.kind]);
  writer.put(macToBytes(message.senderMac));
  writeIpv4(writer, message.sender);
  writer.put(macToBytes(to === broadcast ? nobody : to));
  writeIpv4(writer, message.target);
  return writer.zeros(frameMin - writer.length).finish();
}

function expect(got: number, want: number, field: string): void {
  if (got === want) return;
  throw new WireError("wire.invalid", `${field} wants ${want}, got ${got}`, { field, want, got });
}
