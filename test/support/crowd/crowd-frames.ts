import { type DhcpMessage, formatDhcp } from "../../../src/dhcp/packet.ts";
import { formatArpProbe } from "../../../src/wire/arp.ts";
import {
  anyAddress,
  formatIpv4,
  type Ipv4Address,
  limitedBroadcast,
} from "../../../src/wire/ipv4.ts";
import { type MacAddress, macToBytes } from "../../../src/wire/mac.ts";
import { messageOf } from "../dhcp-message.ts";
import { macOf, type Sending, type Station } from "./station.ts";

const everybody = "ff:ff:ff:ff:ff:ff" as MacAddress; // proven: six pairs

/** The frame in which a station says this, from its own card. */
export function formatSending(station: Station, sending: Sending): Uint8Array {
  const mac = macOf(station);
  if (sending.kind === "arp-probe") return formatArpProbe(mac, sending.address);
  const { type, ciaddr, requested, server } = sending.parts;
  const message = messageOf({
    type,
    mac,
    ...(ciaddr !== undefined && { ciaddr: formatIpv4(ciaddr) }),
    ...(requested !== undefined && { requested: formatIpv4(requested) }),
    ...(server !== undefined && { serverId: formatIpv4(server) }),
    header: { xid: station.xid },
  });
  const source = ciaddr ?? anyAddress;
  return sending.kind === "broadcast"
    ? formatFrame(message, { from: mac, source, to: everybody, target: limitedBroadcast })
    : formatFrame(message, {
        ...{ from: mac, source },
        ...{ to: sending.held.serverMac, target: sending.held.server },
      });
}

type Envelope = {
  readonly from: MacAddress;
  readonly source: Ipv4Address;
  readonly to: MacAddress;
  readonly target: Ipv4Address;
};

const Header = { ethernet: 14, ip: 20, udp: 8 } as const;

/** Port 68 to port 67 over IPv4; the UDP checksum is left out, as RFC 768 allows. */
function formatFrame(message: DhcpMessage, { from, source, to, target }: Envelope): Uint8Array {
  const payload = formatDhcp(message, 1472);
  const ip = Buffer.alloc(Header.ip);
  ip.set([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17]);
  ip.writeUInt16BE(Header.ip + Header.udp + payload.length, 2);
  ip.writeUInt32BE(source, 12);
  ip.writeUInt32BE(target, 16);
  ip.writeUInt16BE(checksum(ip), 10);
  const udp = Buffer.alloc(Header.udp);
  udp.writeUInt16BE(68, 0);
  udp.writeUInt16BE(67, 2);
  udp.writeUInt16BE(Header.udp + payload.length, 4);
  const ethernet = Buffer.concat([macToBytes(to), macToBytes(from), Buffer.of(8, 0)]);
  return Buffer.concat([ethernet, ip, udp, payload]);
}

// RFC 791 §3.1.
function checksum(header: Buffer): number {
  let sum = 0;
  for (let at = 0; at < header.length; at += 2) sum += header.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
