import { KindlingError } from "../errors.ts";
import { type Ipv6Address, ipv6FromBytes, ipv6ToBytes } from "../wire/ipv6.ts";
import { type Libc, loadLibc } from "./libc.ts";

/** One ICMPv6 message and who sent it. */
export type Icmp6Message = { readonly bytes: Uint8Array; readonly source: Ipv6Address };

/** A raw ICMPv6 socket of one device. It leaves with hop limit 255 and never hears itself. */
export type Icmp6Socket = Disposable & {
  /** The next message that waits, or none: a raw socket fits none of Node's handles, so it is asked. */
  take(): Icmp6Message | undefined;
  /** False when the kernel took it not: the device has no address yet, say. */
  send(bytes: Uint8Array, to: Ipv6Address): boolean;
};

export type Icmp6Options = {
  readonly device: string;
  /** The ICMPv6 types to hear; the kernel throws all others away. */
  readonly types: readonly number[];
};

// Numbers of <bits/socket.h>, <netinet/in.h>, <linux/in6.h> and <linux/icmpv6.h>.
const Linux = {
  afInet6: 10,
  sockRaw: 3,
  sockNonblock: 0o4000,
  sockCloexec: 0o2000000,
  solSocket: 1,
  soBindToDevice: 25,
  ipprotoIpv6: 41,
  ipprotoIcmpv6: 58,
  ipv6UnicastHops: 16,
  ipv6MulticastHops: 18,
  ipv6MulticastLoop: 19,
  ipv6JoinGroup: 20,
  icmpv6Filter: 1,
} as const;

/** Beyond this a message is cut: neighbour discovery fits one frame. */
const messageLimit = 1500;
const allRouters = Buffer.from("ff020000000000000000000000000002", "hex");

/** Opens it, a member of ff02::2 too. Fails with `rights.missing` or `interface.missing`. */
export function openIcmp6({ device, types }: Icmp6Options): Icmp6Socket {
  const libc = loadLibc();
  const { afInet6, sockRaw, sockNonblock, sockCloexec, ipprotoIcmpv6 } = Linux;
  const fd = libc.socket(afInet6, sockRaw | sockNonblock | sockCloexec, ipprotoIcmpv6);
  if (fd < 0) throw refused(device, libc.errorName());
  for (const [level, name, value] of settingsOf(libc, device, types)) {
    if (libc.setsockopt(fd, level, name, value, value.length) === 0) continue;
    const error = libc.errorName();
    libc.close(fd);
    throw refused(device, error);
  }
  return wrap(libc, fd);
}

function settingsOf(libc: Libc, device: string, types: readonly number[]) {
  const number = (value: number) => Buffer.from(new Int32Array([value]).buffer);
  const { solSocket, soBindToDevice, ipprotoIpv6, ipprotoIcmpv6 } = Linux;
  // RFC 4861 §6.1: receivers drop any other hop limit, so that nobody off the link can say this.
  return [
    [solSocket, soBindToDevice, Buffer.from(`${device}\0`)],
    [ipprotoIpv6, Linux.ipv6UnicastHops, number(255)],
    [ipprotoIpv6, Linux.ipv6MulticastHops, number(255)],
    [ipprotoIpv6, Linux.ipv6MulticastLoop, number(0)],
    [ipprotoIcmpv6, Linux.icmpv6Filter, filterFor(types)],
    [
      ipprotoIpv6,
      Linux.ipv6JoinGroup,
      Buffer.concat([allRouters, number(libc.interfaceIndex(device))]),
    ],
  ] as const;
}

// struct icmp6_filter: 256 bits in words of the host's order; a set bit blocks its type.
function filterFor(types: readonly number[]): Uint8Array {
  const words = new Uint32Array(8).fill(0xffff_ffff);
  for (const type of types) words[type >>> 5] = (words[type >>> 5] ?? 0) & ~(1 << (type & 31));
  return Buffer.from(words.buffer);
}

function wrap(libc: Libc, fd: number): Icmp6Socket {
  const buffer = Buffer.alloc(messageLimit);
  const name = Buffer.alloc(28);
  const nameLength = Buffer.alloc(4);
  let open = true;
  return {
    take() {
      nameLength.writeUInt32LE(name.length);
      const length = libc.recvfrom(fd, buffer, buffer.length, 0, name, nameLength);
      if (length < 0) return undefined; // EAGAIN: nothing waits. Others come with the next send.
      const bytes = Buffer.from(buffer.subarray(0, length));
      return { bytes, source: ipv6FromBytes(name.subarray(8, 24)) };
    },
    send(bytes, to) {
      const target = socketName(to);
      return libc.sendto(fd, bytes, bytes.length, 0, target, target.length) === bytes.length;
    },
    [Symbol.dispose]() {
      if (open) libc.close(fd);
      open = false;
    },
  };
}

// struct sockaddr_in6: family, port, flow, address, scope; the scope comes from the bound device.
function socketName(to: Ipv6Address): Uint8Array {
  const name = Buffer.alloc(28);
  name.writeUInt16LE(Linux.afInet6, 0);
  name.set(ipv6ToBytes(to), 8);
  return name;
}

function refused(device: string, errno: string): KindlingError {
  const details = { device, errno };
  if (errno === "ENODEV") {
    return new KindlingError("interface.missing", `there is no interface ${device}`, details);
  }
  const cure = "grant CAP_NET_RAW, or set ipv6.advert to off";
  const message = `no raw ICMPv6 socket on ${device}, ${errno}: ${cure}`;
  return new KindlingError("rights.missing", message, details);
}
