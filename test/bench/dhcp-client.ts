import { type MacAddress, macToBytes } from "../../src/wire/mac.ts";

/**
 * A PXE DISCOVER as BIOS network-boot firmware sends it, broadcast flag set. Built by hand, so that
 * what is measured is not also what measures.
 */
export function pxeDiscover(mac: MacAddress, xid: number): Uint8Array {
  const packet = Buffer.alloc(548); // what firmware pads to: 576 less the IP and UDP headers
  packet.set([1, 1, 6, 0], 0);
  packet.writeUInt32BE(xid, 4);
  packet.writeUInt16BE(0x8000, 10);
  packet.set(macToBytes(mac), 28);
  const options = [
    [0x63, 0x82, 0x53, 0x63],
    [53, 1, 1],
    [55, 8, 1, 3, 6, 15, 54, 60, 66, 67],
    [57, 2, 5, 0xc0],
    [93, 2, 0, 0],
    [94, 3, 1, 2, 1],
    [60, 32, ...Buffer.from("PXEClient:Arch:00000:UNDI:002001")],
    [255],
  ];
  packet.set(options.flat(), 236);
  return packet;
}

/** The transaction of a BOOTREPLY, or none for anything else. */
export function replyXid(packet: Uint8Array): number | undefined {
  return packet.length >= 240 && packet[0] === 2 ? Buffer.from(packet).readUInt32BE(4) : undefined;
}
