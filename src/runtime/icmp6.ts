import { createSocket, type Socket } from "node:dgram";
import { KindlingError } from "../errors.ts";
import { type Ipv6Address, ipv6ToBytes, parseIpv6 } from "../wire/ipv6.ts";
import { type Libc, loadLibc } from "./libc.ts";

/** One ICMPv6 message and who sent it. */
export type Icmp6Message = { readonly bytes: Uint8Array; readonly source: Ipv6Address };

/** A raw ICMPv6 socket of one device. It leaves with hop limit 255 and never hears itself. */
export type Icmp6Socket = AsyncDisposable & {
  /** Sets the only handler; messages arrive only once this was called. */
  receive(handler: (message: Icmp6Message) => void): void;
  /** False when the kernel took it not: the device has no address yet, say. */
  send(bytes: Uint8Array, to: Ipv6Address): boolean;
  onError(handler: (error: Error) => void): void;
};

export type Icmp6Options = {
  readonly device: string;
  /** The ICMPv6 types to hear; the kernel throws all others away. */
  readonly types: readonly number[];
};

// Numbers of <bits/socket.h>, <netinet/in.h>, <linux/in6.h> and <linux/icmpv6.h>.
const Linux = {
  afInet6: 10,
  sockDgram: 2,
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

const allRouters = Buffer.from("ff020000000000000000000000000002", "hex");

/**
 * Opens it, a member of ff02::2 too. Fails with `rights.missing` or `interface.missing`. It waits on the
 * event loop inside the handle of a `dgram` socket, like the one of `openPacketSocket`, which says why.
 */
export async function openIcmp6({ device, types }: Icmp6Options): Promise<Icmp6Socket> {
  const libc = loadLibc();
  const { afInet6, sockRaw, sockNonblock, sockCloexec, ipprotoIcmpv6 } = Linux;
  const raw = libc.socket(afInet6, sockRaw | sockNonblock | sockCloexec, ipprotoIcmpv6);
  if (raw < 0) throw refused(device, libc.errorName());
  for (const [level, name, value] of settingsOf(libc, device, types)) {
    if (libc.setsockopt(raw, level, name, value, value.length) === 0) continue;
    const error = libc.errorName();
    libc.close(raw);
    throw refused(device, error);
  }
  // What came before it was tied to its device may be of another one.
  const early = Buffer.alloc(16);
  while (libc.read(raw, early, early.length) > 0);
  const socket = createSocket("udp6");
  const fd = libc.socket(afInet6, Linux.sockDgram | sockCloexec, 0);
  const opened = Promise.withResolvers<void>();
  socket.once("listening", opened.resolve); // fires inside bind
  socket.once("error", opened.reject);
  socket.bind({ fd });
  libc.dup3(raw, fd, sockCloexec);
  libc.close(raw);
  await opened.promise;
  socket.removeAllListeners("error");
  return wrap(socket, libc, fd);
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
      Buffer.concat([allRouters, number(libc.deviceIndex(device))]),
    ],
  ] as const;
}

// struct icmp6_filter: 256 bits in words of the host's order; a set bit blocks its type.
function filterFor(types: readonly number[]): Uint8Array {
  const words = new Uint32Array(8).fill(0xffff_ffff);
  for (const type of types) words[type >>> 5] = (words[type >>> 5] ?? 0) & ~(1 << (type & 31));
  return Buffer.from(words.buffer);
}

function wrap(socket: Socket, libc: Libc, fd: number): Icmp6Socket {
  let failed = (_error: Error): void => {};
  let isOpen = true; // a send after close would go to whatever has the number then
  socket.on("error", (error) => failed(error));
  return {
    receive(handler) {
      socket.removeAllListeners("message");
      socket.on("message", (bytes, { address }) => {
        try {
          handler({ bytes, source: parseIpv6(address.replace(/%.*$/, "")) });
        } catch (error) {
          failed(error instanceof Error ? error : new Error(String(error)));
        }
      });
    },
    send(bytes, to) {
      if (!isOpen) return false;
      const target = socketName(to);
      return libc.sendto(fd, bytes, bytes.length, 0, target, target.length) === bytes.length;
    },
    onError(handler) {
      failed = handler;
    },
    async [Symbol.asyncDispose]() {
      if (!isOpen) return;
      isOpen = false;
      await new Promise<void>((resolve) => {
        socket.close(() => resolve());
      });
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
