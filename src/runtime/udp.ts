import { createSocket, type Socket } from "node:dgram";
import { KindlingError } from "../errors.ts";
import { formatIpv4, type Ipv4Address, parseIpv4 } from "../wire/ipv4.ts";
import { loadLibc } from "./libc.ts";

/** The other end of a datagram. */
export type UdpPeer = { readonly address: Ipv4Address; readonly port: number };

export type UdpOptions = {
  /** Local address; 0.0.0.0 hears broadcasts too. */
  readonly address: Ipv4Address;
  /** Local port, 0 for one of the kernel's choice. */
  readonly port: number;
  /** Bind to this network device: nothing is heard from, or leaves by, another one. */
  readonly device?: string;
  /**
   * Bind beside other sockets of the port that allow it too (with a device only); a broadcast
   * reaches them all, any other datagram one of them.
   */
  readonly shared?: boolean;
};

/** A bound UDP socket. Datagrams arrive only once `receive` was called. */
export type UdpSocket = AsyncDisposable & {
  readonly local: UdpPeer;
  /** Sets the only handler. What it throws is the caller's bug and is handed to `onError`. */
  receive(handler: (datagram: Uint8Array, peer: UdpPeer) => void): void;
  /** Fire and forget, as UDP is; a failure to send goes to `onError`. */
  send(datagram: Uint8Array, peer: UdpPeer): void;
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
export async function openUdp(options: UdpOptions): Promise<UdpSocket> {
  const socket = createSocket({ type: "udp4", recvBufferSize: receiveBufferBytes });
  await new Promise<void>((resolve, reject) => {
    socket.once("listening", resolve); // before bind: with a descriptor the event fires synchronously
    socket.once("error", (error) => reject(translate(codeOf(error), options)));
    if (options.device === undefined) {
      socket.bind({ address: formatIpv4(options.address), port: options.port });
    } else {
      socket.bind({ fd: bindToDevice(options, options.device) });
    }
  });
  socket.removeAllListeners("error");
  return wrap(socket);
}

function wrap(socket: Socket): UdpSocket {
  let failed = (_error: Error): void => {};
  socket.on("error", (error) => failed(error));
  const local = socket.address();
  return {
    local: { address: parseIpv4(local.address), port: local.port },
    receive(handler) {
      socket.removeAllListeners("message");
      socket.on("message", (datagram, peer) => {
        try {
          handler(datagram, { address: parseIpv4(peer.address), port: peer.port });
        } catch (error) {
          failed(error instanceof Error ? error : new Error(String(error)));
        }
      });
    },
    send(datagram, peer) {
      socket.send(datagram, peer.port, formatIpv4(peer.address), (error) => {
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

// Numbers of <asm-generic/socket.h>, the same on x86_64 and arm64.
const Linux = {
  afInet: 2,
  sockDgram: 2,
  sockCloexec: 0o2000000,
  solSocket: 1,
  soReuseAddr: 2,
  soBroadcast: 6,
  soBindToDevice: 25,
} as const;

// dgram can neither bind to a device nor tell by which one a broadcast came in, so libc makes the
// socket and dgram takes over its descriptor: one socket for one device, ingress known. No SO_REUSEADDR
// unless asked for: with it a second DHCP server on the port would go unnoticed, and UDP needs none
// after a restart.
function bindToDevice(options: UdpOptions, device: string): number {
  const libc = loadLibc();
  const fd = libc.socket(Linux.afInet, Linux.sockDgram | Linux.sockCloexec, 0);
  if (fd < 0) throw translate(libc.errorName(), options);
  const check = (result: number): void => {
    if (result === 0) return;
    const error = libc.errorName();
    libc.close(fd);
    throw translate(error, options);
  };
  const number = (value: number) => Buffer.from(new Int32Array([value]).buffer);
  const set = (name: number, value: Buffer) =>
    check(libc.setsockopt(fd, Linux.solSocket, name, value, value.length));
  if (options.shared) set(Linux.soReuseAddr, number(1));
  set(Linux.soBroadcast, number(1));
  set(Linux.soBindToDevice, Buffer.from(`${device}\0`));
  // struct sockaddr_in: family (host order), port and address (network order), 8 zero bytes.
  const name = Buffer.alloc(16);
  name.writeUInt16LE(Linux.afInet, 0);
  name.writeUInt16BE(options.port, 2);
  name.writeUInt32BE(options.address, 4);
  check(libc.bind(fd, name, name.length));
  return fd;
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}

function translate(code: string, options: UdpOptions): KindlingError {
  const { port, device } = options;
  const where = `UDP ${formatIpv4(options.address)}:${port}${device ? ` on ${device}` : ""}`;
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
