import type { CapturedFrame } from "../../src/lab/pcap.ts";
import { formatIpv4, type Ipv4Address } from "../../src/wire/ipv4.ts";

/** A UDP datagram of a capture, its addresses as text. */
export type Datagram = {
  readonly at: number;
  readonly from: string;
  readonly fromPort: number;
  readonly to: string;
  readonly toPort: number;
  readonly payload: Buffer;
};

/** A DHCP message as the tests look at it, read by RFC 2131 §2 and not by the code under test. */
export type SeenDhcp = Omit<Datagram, "payload"> & {
  readonly type: number;
  readonly mac: string;
  readonly xid: number;
  readonly ciaddr: string;
  readonly yiaddr: string;
  readonly siaddr: string;
  readonly file: string;
  readonly options: ReadonlyMap<number, Buffer>;
};

const ethernetIpv4 = 0x0800;
const protocolUdp = 17;
const protocolTcp = 6;

/** The UDP over IPv4 of a capture; fragments and all else are left out. */
export function datagramsOf(frames: readonly CapturedFrame[]): readonly Datagram[] {
  return frames.flatMap(({ at, bytes }) => {
    const frame = Buffer.from(bytes);
    if (frame.length < 42 || frame.readUInt16BE(12) !== ethernetIpv4) return [];
    if (frame[23] !== protocolUdp || (frame.readUInt16BE(20) & 0x3fff) !== 0) return [];
    const udp = 14 + 4 * (frame.readUInt8(14) & 15);
    return [
      {
        at,
        from: quad(frame, 26),
        to: quad(frame, 30),
        fromPort: frame.readUInt16BE(udp),
        toPort: frame.readUInt16BE(udp + 2),
        payload: frame.subarray(udp + 8, udp + frame.readUInt16BE(udp + 4)),
      },
    ];
  });
}

/** When a TCP connection to this port of IPv4 was first asked for, and each time after. */
export function connectsOf(frames: readonly CapturedFrame[], port: number): readonly number[] {
  return frames.flatMap(({ at, bytes }) => {
    const frame = Buffer.from(bytes);
    if (frame.length < 54 || frame.readUInt16BE(12) !== ethernetIpv4) return [];
    const tcp = 14 + 4 * (frame.readUInt8(14) & 15);
    if (frame[23] !== protocolTcp || frame.length < tcp + 20) return [];
    const isSyn = ((frame[tcp + 13] ?? 0) & 0x12) === 0x02;
    return isSyn && frame.readUInt16BE(tcp + 2) === port ? [at] : [];
  });
}

/** The DHCP messages among them, on the ports of DHCP and of the PXE boot server. */
export function dhcpOf(datagrams: readonly Datagram[]): readonly SeenDhcp[] {
  const ports = [67, 68, 4011];
  return datagrams
    .filter(({ toPort, payload }) => ports.includes(toPort) && payload.length >= 240)
    .map(({ payload, ...envelope }) => {
      const options = optionsOf(payload.subarray(240));
      return {
        ...envelope,
        type: options.get(53)?.[0] ?? 0,
        mac: (payload.toString("hex", 28, 34).match(/../g) ?? []).join(":"),
        xid: payload.readUInt32BE(4),
        ciaddr: quad(payload, 12),
        yiaddr: quad(payload, 16),
        siaddr: quad(payload, 20),
        file: payload.toString("latin1", 108, 236).replace(/\0.*$/s, ""),
        options,
      };
    });
}

function optionsOf(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length && bytes[at] !== 255; ) {
    const code = bytes[at] ?? 0;
    const length = code === 0 ? -1 : (bytes[at + 1] ?? 0);
    if (code !== 0) found.set(code, bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return found;
}

function quad(bytes: Buffer, at: number): string {
  return formatIpv4(bytes.readUInt32BE(at) as Ipv4Address); // four octets are an address
}
