import { createSocket, type Socket, type SocketOptions } from "node:dgram";
import { KindlingError } from "../errors.ts";
import { formatIp, formatUrlHost, type IpAddress, isIpv6, parseIp } from "../wire/ip.ts";
import type { Ipv4Address } from "../wire/ipv4.ts";
import { type Ipv6Address, ipv6ToBytes } from "../wire/ipv6.ts";
import { DirectUdp, socketName } from "./direct-udp.ts";
import { type Libc, loadLibc } from "./libc.ts";

/** The other end of a datagram. */
export type UdpPeer<A extends IpAddress = Ipv4Address> = {
  /** A link-local one without its zone: a socket of a device needs none. */
  readonly address: A;
  readonly port: number;
};

export type UdpOptions<A extends IpAddress = Ipv4Address> = {
  /** Local address; 0.0.0.0 hears broadcasts too. IPv4 or IPv6, and the socket is of that family alone. */
  readonly address: A;
  /** Local port, 0 for one of the kernel's choice. */
  readonly port: number;
  /** Bind to this network device: nothing is heard from, or leaves by, another one. */
  readonly device?: string;
  /** For a socket that hears one peer only; absent: room for many. */
  readonly receiveBuffer?: number;
  /**
   * Bind beside other sockets of the port that allow it too (with a device only); a broadcast
   * reaches them all, any other datagram one of them.
   */
  readonly shared?: boolean;
  /** A multicast group to hear on that device. */
  readonly group?: Ipv6Address;
  /** For a socket of much traffic: it sends past `dgram` by this libc, and reads so what many peers send. */
  readonly direct?: Libc;
};

/** A bound UDP socket. Datagrams arrive only once `receive` was called. */
export type UdpSocket<A extends IpAddress = Ipv4Address> = AsyncDisposable & {
  readonly local: UdpPeer<A>;
  /** Sets the only handler. What it throws is the caller's bug and is handed to `onError`. */
  receive(handler: (datagram: Uint8Array, peer: UdpPeer<A>) => void): void;
  /**
   * Fire and forget, as UDP is; a failure to send goes to `onError`. To port 0, which nobody but a forger asks
   * from, nothing can be sent, and nothing is: it would be a failure for each of his datagrams.
   */
  send(datagram: Uint8Array, peer: UdpPeer<A>): void;
  onError(handler: (error: Error) => void): void;
};

/**
 * Room for what a rack asks at once (DISCOVERs, read requests, queries) while the event loop is
 * busy; the kernel doubles it and caps it at net.core.rmem_max.
 */
const receiveBufferBytes = 4 * 1024 * 1024;

/**
 * Binds a UDP socket, by `SO_BINDTODEVICE` where a device is named (needs CAP_NET_RAW on kernels
 * before 5.7). Fails with `port.in-use`, `port.forbidden` or `interface.missing`.
 */
export async function openUdp<A extends IpAddress>(options: UdpOptions<A>): Promise<UdpSocket<A>> {
  const recvBufferSize = options.receiveBuffer ?? receiveBufferBytes;
  const family = isIpv6(options.address)
    ? ({ type: "udp6", ipv6Only: true, lookup: lookupOf(6) } as const)
    : ({ type: "udp4", lookup: lookupOf(4) } as const);
  const { direct: libc, device, port } = options;
  const fd = libc || device !== undefined ? bindByLibc(options, libc ?? loadLibc()) : undefined;
  const socket = createSocket({ ...family, recvBufferSize });
  await new Promise<void>((resolve, reject) => {
    socket.once("listening", resolve); // before bind: with a descriptor the event fires synchronously
    socket.once("error", (error) => {
      socket.close();
      reject(translate(codeOf(error), options));
    });
    if (fd !== undefined) socket.bind({ fd });
    else socket.bind({ address: formatIp(options.address), port });
  });
  socket.removeAllListeners("error");
  if (libc === undefined || fd === undefined) return wrap(socket);
  const direct = new DirectUdp<A>({ fd, name: socketName(options.address, 0), libc });
  return pastDgram(wrap(socket), { direct, hearsMany: options.receiveBuffer === undefined });
}

// Every send asks for a look-up, which by default answers on a later tick, even to an address.
function lookupOf(family: 4 | 6): NonNullable<SocketOptions["lookup"]> {
  return (address, _options, found) => found(null, address, family);
}

function wrap<A extends IpAddress>(socket: Socket): UdpSocket<A> {
  let failed = (_error: Error): void => {};
  // proven: a socket of one family tells of addresses of that family
  const read = (text: string) => parseIp(text.replace(/%.*$/, "")) as A;
  // The next datagram is most often the same peer's.
  let last: { readonly text: string; readonly address: A } | undefined;
  const parsed = (text: string): A => {
    if (text !== last?.text) last = { text, address: read(text) };
    return last.address;
  };
  const formatted = (address: A): string =>
    address === last?.address ? last.text : formatIp(address);
  socket.on("error", (error) => failed(error));
  const local = socket.address();
  return {
    local: { address: read(local.address), port: local.port },
    receive(handler) {
      socket.removeAllListeners("message");
      socket.on("message", (datagram, peer) => {
        try {
          handler(datagram, { address: parsed(peer.address), port: peer.port });
        } catch (error) {
          failed(error instanceof Error ? error : new Error(String(error)));
        }
      });
    },
    send(datagram, peer) {
      if (peer.port === 0) return;
      socket.send(datagram, peer.port, formatted(peer.address), (error) => {
        if (error) failed(error);
      });
    },
    onError(handler) {
      failed = handler;
    },
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => {
        socket.close(() => resolve());
      });
    },
  };
}

/** The same socket, but libc sends, and reads what waits behind a datagram that dgram read. */
function pastDgram<A extends IpAddress>(
  inner: UdpSocket<A>,
  { direct, hearsMany }: { direct: DirectUdp<A>; hearsMany: boolean },
): UdpSocket<A> {
  let isOpen = true; // after that the descriptor may be another socket's
  let failed = (_error: Error): void => {};
  return {
    local: inner.local,
    receive(handler) {
      const take = (datagram: Uint8Array, peer: UdpPeer<A>): boolean => {
        try {
          handler(datagram, peer);
        } catch (error) {
          failed(error instanceof Error ? error : new Error(String(error)));
        }
        return isOpen;
      };
      inner.receive((datagram, peer) => {
        if (take(datagram, peer) && hearsMany) direct.drain(take);
      });
    },
    send(datagram, peer) {
      if (peer.port === 0 || !isOpen) return;
      const result = direct.send(datagram, peer);
      if (result.kind === "full")
        inner.send(datagram, peer); // dgram waits until there is room
      else if (result.kind === "failed") {
        failed(new Error(`send ${result.errno} ${formatUrlHost(peer.address)}:${peer.port}`));
      }
    },
    onError(handler) {
      failed = handler;
      inner.onError(handler);
    },
    async [Symbol.asyncDispose]() {
      isOpen = false;
      await inner[Symbol.asyncDispose]();
    },
  };
}

// Numbers of <asm-generic/socket.h>, the same on x86_64 and arm64.
const Linux = {
  afInet: 2,
  afInet6: 10,
  sockDgram: 2,
  sockCloexec: 0o2000000,
  solSocket: 1,
  soReuseAddr: 2,
  soBroadcast: 6,
  soBindToDevice: 25,
  ipprotoIpv6: 41,
  ipv6JoinGroup: 20,
  ipv6Only: 26,
} as const;

// dgram can neither bind to a device nor tell by which one a broadcast came in, nor which descriptor it
// has, so libc makes the socket and dgram takes over its descriptor: one socket for one device, ingress
// known. No SO_REUSEADDR unless asked for: with it a second DHCP server on the port would go unnoticed,
// and UDP needs none after a restart.
function bindByLibc(options: UdpOptions<IpAddress>, libc: Libc): number {
  const { address, port, device, group } = options;
  const family = isIpv6(address) ? Linux.afInet6 : Linux.afInet;
  const fd = libc.socket(family, Linux.sockDgram | Linux.sockCloexec, 0);
  if (fd < 0) throw translate(libc.errorName(), options);
  const check = (result: number): void => {
    if (result === 0) return;
    const error = libc.errorName();
    libc.close(fd);
    throw translate(error, options);
  };
  const number = (value: number) => Buffer.from(new Int32Array([value]).buffer);
  const set = (level: number, name: number, value: Buffer) =>
    check(libc.setsockopt(fd, level, name, value, value.length));
  if (options.shared) set(Linux.solSocket, Linux.soReuseAddr, number(1));
  if (isIpv6(address)) set(Linux.ipprotoIpv6, Linux.ipv6Only, number(1));
  if (device !== undefined) {
    set(Linux.solSocket, Linux.soBindToDevice, Buffer.from(`${device}\0`));
    if (!isIpv6(address)) set(Linux.solSocket, Linux.soBroadcast, number(1));
    if (group !== undefined) {
      const member = Buffer.concat([ipv6ToBytes(group), number(libc.deviceIndex(device))]);
      set(Linux.ipprotoIpv6, Linux.ipv6JoinGroup, member);
    }
  }
  const name = socketName(address, port);
  check(libc.bind(fd, name, name.length));
  return fd;
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}

function translate(code: string, options: UdpOptions<IpAddress>): KindlingError {
  const { port, device } = options;
  const where = `UDP ${formatUrlHost(options.address)}:${port}${device ? ` on ${device}` : ""}`;
  const details = { protocol: "udp", port, device, errno: code };
  if (code === "EADDRINUSE") {
    return new KindlingError("port.in-use", `${where} is held by another program`, details);
  }
  if (code === "EACCES" || code === "EPERM") {
    const cure = "run as root or grant CAP_NET_BIND_SERVICE and CAP_NET_RAW";
    return new KindlingError(
      "port.forbidden",
      `${where} is not allowed to this user: ${cure}`,
      details,
    );
  }
  if (code === "ENODEV") {
    return new KindlingError("interface.missing", `there is no interface ${device}`, details);
  }
  return new KindlingError("port.forbidden", `${where} cannot be bound: ${code}`, details);
}
