import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tellPackets } from "../../scripts/packet-story.ts";
import { formatDhcp } from "../../src/dhcp/packet.ts";
import { formatPacket, type TftpPacket } from "../../src/tftp/packet.ts";
import { messageOf } from "../support/dhcp-message.ts";

const server = "10.77.0.1";
const machine = "10.77.0.122";

type End = readonly [address: string, port: number];

describe("tellPackets", () => {
  it("tells a DHCP request with the program that asks and its options", () => {
    const options = [
      [60, "PXEClient:Arch:00007:UNDI:003000"],
      [93, Buffer.of(0, 7)],
      [67, "snponly.efi"],
    ] as const;
    const discover = Buffer.from(formatDhcp(messageOf({ options }), 1472));
    expect(tellPackets([udp(0, ["0.0.0.0", 68], ["255.255.255.255", 67], discover)])).toEqual([
      "  0.000  0.0.0.0:68 > 255.255.255.255:67      DISCOVER of firmware (x64 UEFI)",
      "         60=PXEClient:Arch:00007:UNDI:003000 93=7 67=snponly.efi\\0",
    ]);
  });

  it("joins the DATA and ACK packets of a transfer, until something else is said", () => {
    const [client, port]: [End, End] = [
      [machine, 1332],
      [server, 57379],
    ];
    const to = (at: number, end: End, packet: TftpPacket) =>
      udp(at, client, end, formatPacket(packet));
    const back = (at: number, packet: TftpPacket) => udp(at, port, client, formatPacket(packet));
    const name = { name: "snponly.efi", mode: "octet", options: [{ name: "tsize", value: "0" }] };
    const data = (block: number, bytes: number): TftpPacket => {
      return { kind: "data", block, bytes: new Uint8Array(bytes) };
    };
    const story = tellPackets([
      to(1000, [server, 69], { kind: "read-request", ...name }),
      to(1001, port, { kind: "ack", block: 0 }),
      back(1002, data(1, 512)),
      to(1003, port, { kind: "ack", block: 1 }),
      back(1004, data(2, 20)),
      to(1005, port, { kind: "ack", block: 2 }),
      to(1006, port, { kind: "error", code: 8, message: "enough" }),
    ]);
    expect(story.map((line) => line.slice(0, 9) + line.slice(46))).toEqual([
      "  0.000  RRQ snponly.efi octet tsize=0",
      "  0.001  ACK 0",
      "  0.002  DATA 1 to 2, 532 bytes; 2 ACKs back",
      '  0.006  ERROR 8 "enough"',
    ]);
  });

  it("tells the head of HTTP and breaks a long query before its labels", () => {
    const labels = "&domain=kindling.lan".repeat(4);
    const story = tellPackets([
      tcp(0, [machine, 9], [server, 8080], `GET /ipxe?mac=1${labels} HTTP/1.1\r\n\r\n`),
      tcp(9, [server, 8080], [machine, 9], "HTTP/1.1 200 OK\r\nContent-Length: 229\r\n\r\n#!ipxe"),
      tcp(9, [server, 8080], [machine, 9], "more of the body"),
    ]);
    expect(story.slice(1)).toEqual([
      `         GET /ipxe?mac=1${"&domain=kindling.lan".repeat(3)}`,
      "         &domain=kindling.lan",
      "  0.009  10.77.0.1:8080 > 10.77.0.122:9       HTTP 200, 229 bytes",
      "",
      "not told: 1 TCP segments",
    ]);
  });

  it("says what is malformed and counts what is no packet", () => {
    const arp = Buffer.alloc(60);
    arp.writeUInt16BE(0x0806, 12);
    const story = tellPackets([
      udp(0, ["0.0.0.0", 68], ["255.255.255.255", 67], Buffer.of(1, 1)),
      { at: 1, bytes: arp },
      { at: 2, bytes: Buffer.of(1) },
    ]);
    expect(story[0]).toContain("malformed: hlen wants 1 bytes");
    expect(story.at(-1)).toBe("not told: 1 ARP, 1 frames cut short");
  });

  it("tells any bytes without a throw", () => {
    const ports = fc.constantFrom(53, 67, 69, 4011, 8080);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), ports, fc.boolean(), (bytes, port, whole) => {
        const frame = udp(0, [machine, port], [server, port], bytes);
        tellPackets([whole ? frame : { at: 0, bytes: frame.bytes.subarray(0, bytes.length) }]);
      }),
    );
  });
});

function udp(at: number, from: End, to: End, payload: Uint8Array) {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(8 + payload.length, 4);
  return frameOf(at, 17, { from, to, header, payload });
}

function tcp(at: number, from: End, to: End, text: string) {
  const header = Buffer.alloc(20);
  header.writeUInt8(5 << 4, 12);
  return frameOf(at, 6, { from, to, header, payload: Buffer.from(text) });
}

type Segment = { from: End; to: End; header: Buffer; payload: Uint8Array };

// Two bytes behind the packet, as Ethernet pads: they must not be told.
function frameOf(at: number, protocol: number, { from, to, header, payload }: Segment) {
  const ip = Buffer.alloc(34);
  ip.writeUInt16BE(0x0800, 12);
  ip.writeUInt8(0x45, 14);
  ip.writeUInt16BE(20 + header.length + payload.length, 16);
  ip.writeUInt8(protocol, 23);
  for (const [end, offset] of [[from, 26] as const, [to, 30] as const]) {
    Buffer.from(end[0].split(".").map(Number)).copy(ip, offset);
  }
  header.writeUInt16BE(from[1], 0);
  header.writeUInt16BE(to[1], 2);
  return { at, bytes: Buffer.concat([ip, header, payload, Buffer.of(0xee, 0xee)]) };
}
