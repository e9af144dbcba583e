import { createSocket, type Socket } from "node:dgram";
import { KindlingError } from "../errors.ts";
import { type MacAddress, macFromBytes } from "../wire/mac.ts";
import type { PacketFilter } from "../wire/packet-filter.ts";
import { type Libc, loadLibc } from "./libc.ts";

export type PacketOptions = {
  readonly device: string;
  /** What is heard: frames of this EtherType, none of those that this host sends. */
  readonly etherType: number;
  /** Which of them the kernel keeps; without one, all. */
  readonly filter?: PacketFilter;
};

/** Whole Ethernet frames on one device. They arrive only once `receive` was called. */
export type PacketSocket = AsyncDisposable & {
  /** The device's own address. */
  readonly mac: MacAddress;
  /** Sets the only handler. What it throws is the caller's bug and is handed to `onError`. */
  receive(handler: (frame: Uint8Array) => void): void;
  /** Fire and forget: destination, source, type, payload; a failure goes to `onError`. */
  send(frame: Uint8Array): void;
  onError(handler: (error: Error) => void): void;
};

// Numbers of <bits/socket.h> and <net/if_arp.h>, the same on x86_64 and arm64.
const Linux = {
  afInet: 2,
  afPacket: 17,
  sockDgram: 2,
  sockRaw: 3,
  nonblock: 0o4000,
  cloexec: 0o2000000,
  ethernet: 1,
  loopback: 772,
} as const;

/** struct sockaddr_ll with eight bytes of address. */
const nameBytes = 20;

/**
 * Opens a raw socket. Needs CAP_NET_RAW, in the user namespace that owns the network; once it is open
 * the right may be given up. Fails with `rights.missing` or `interface.missing`.
 *
 * Node has no handle for such a socket: `net` and `tty` refuse the descriptor. It waits on the event
 * loop all the same, inside the handle of a `dgram` socket, whose descriptor is made to mean the raw
 * one before the loop first looks at it. So no thread blocks in recv (four such stop every file read
 * of the process, and hold up its end until their time-out), and nothing polls while the link is idle.
 */
export async function openPacketSocket(options: PacketOptions): Promise<PacketSocket> {
  const libc = loadLibc();
  const raw = openRaw(options, libc);
  const socket = createSocket("udp4");
  const fd = libc.socket(Linux.afInet, Linux.sockDgram | Linux.cloexec, 0);
  const opened = Promise.withResolvers<void>();
  socket.once("listening", opened.resolve); // fires inside bind
  socket.once("error", opened.reject);
  socket.bind({ fd });
  libc.dup3(raw.fd, fd, Linux.cloexec);
  libc.close(raw.fd);
  await opened.promise;
  socket.removeAllListeners("error");
  return wrap(socket, { ...raw, fd, libc, device: options.device });
}

type Raw = { readonly fd: number; readonly mac: MacAddress; readonly index: number };

function openRaw(options: PacketOptions, libc: Libc): Raw {
  const { device, etherType, filter } = options;
  const index = libc.deviceIndex(device);
  if (index === 0) throw failure("ENODEV", device);
  // Protocol 0 hears nothing until bind: no frame gets in ahead of the filter.
  const flags = Linux.sockRaw | Linux.nonblock | Linux.cloexec;
  const fd = libc.socket(Linux.afPacket, flags, 0);
  if (fd < 0) throw failure(libc.errorName(), device);
  const name = formatName(index, etherType);
  if (
    (filter !== undefined && libc.attachFilter(fd, filter) !== 0) ||
    libc.bind(fd, name, nameBytes) !== 0
  ) {
    const error = libc.errorName();
    libc.close(fd);
    throw failure(error, device);
  }
  return { fd, index, mac: ownAddress(fd, device, libc) };
}

//   0        2          4         8          10     11      12
//   | family | protocol | index   | hardware | type | length | address, 8 bytes |
function formatName(index: number, etherType: number): Uint8Array {
  const name = Buffer.alloc(nameBytes);
  name.writeUInt16LE(Linux.afPacket, 0);
  name.writeUInt16BE(etherType, 2);
  name.writeInt32LE(index, 4);
  return name;
}

function ownAddress(fd: number, device: string, libc: Libc): MacAddress {
  const name = Buffer.alloc(nameBytes);
  libc.socketName(fd, name);
  const hardware = name.readUInt16LE(8);
  if (hardware === Linux.ethernet || hardware === Linux.loopback) {
    return macFromBytes(name.subarray(12, 18));
  }
  libc.close(fd);
  const message = `${device} is not Ethernet: want hardware type 1, got ${hardware}`;
  throw new KindlingError("interface.missing", message, { device, hardware });
}

function wrap(socket: Socket, raw: Raw & { libc: Libc; device: string }): PacketSocket {
  const { fd, index, mac, libc, device } = raw;
  let failed = (_error: Error): void => {};
  let isOpen = true; // a send after close would go to whatever has the number then
  const name = formatName(index, 0);
  socket.on("error", (error) => failed(error)); // ENETDOWN when the device goes down; it stays bound
  return {
    mac,
    receive(handler) {
      socket.removeAllListeners("message");
      socket.on("message", (frame) => {
        try {
          handler(frame);
        } catch (error) {
          failed(error instanceof Error ? error : new Error(String(error)));
        }
      });
    },
    send(frame) {
      if (!isOpen) return;
      const sent = libc.sendto(fd, frame, frame.length, 0, name, nameBytes);
      if (sent < 0) failed(new Error(`no frame sent by ${device}: ${libc.errorName()}`));
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

function failure(code: string, device: string): KindlingError {
  const details = { device, errno: code };
  if (code === "ENODEV") {
    return new KindlingError("interface.missing", `there is no interface ${device}`, details);
  }
  const cure = "run as root or grant CAP_NET_RAW";
  const message = `a raw socket on ${device} is not allowed: ${code}; ${cure}`;
  return new KindlingError("rights.missing", message, details);
}
