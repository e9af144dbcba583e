import type { Socket } from "node:net";
import { type Libc, loadLibc } from "./libc.ts";

/** `F_DUPFD_CLOEXEC` of <linux/fcntl.h>: another number of what a descriptor is, gone in a child. */
const duplicate = 1030;

/** How far apart a file is looked at: the kernel reads ahead by at least half of it. */
const probeBytes = 256 * 1024;

/** A file, open for as long as it is sent. */
export type OpenDescriptor = { readonly fd: number };

/** The libc calls that move bytes between files, memory and sockets. */
type FileCalls = Pick<
  Libc,
  "close" | "fcntl" | "preadNow" | "sendfile" | "sendfileLater" | "vectorOf"
>;

/**
 * Sends bytes of files by the descriptors of Node's sockets (sendfile(2)): the kernel hands over pages of
 * its own memory, which this process neither copies nor holds.
 *
 * Whoever has a socket's number and not the socket may write to a stranger, once the number was closed and
 * given out again. So `send` asks the socket for its number in the same turn in which it uses it: Node
 * closes sockets on this thread alone, and has no number for one that it closed. A thread of the pool works
 * on a duplicate, which is ours: it is closed after the thread is done, and by nobody else.
 */
export class FileToSocket {
  readonly #libc: FileCalls;
  readonly #probe = Buffer.alloc(1);
  readonly #offset = new BigInt64Array(1);

  readonly #probeVector: BigUint64Array;

  constructor(libc: FileCalls = loadLibc()) {
    this.#libc = libc;
    this.#probeVector = libc.vectorOf(this.#probe);
  }

  /** Can bytes of a file go by this socket? Not through TLS, nor through a stand-in of tests. */
  fits(socket: Socket): boolean {
    return descriptorOf(socket) !== undefined;
  }

  /** Is this part of the file in memory, so that sending it waits for no disk? */
  isResident(file: OpenDescriptor, at: number, bytes: number): boolean {
    for (let from = at; from < at + bytes; from += probeBytes) {
      const last = Math.min(from + probeBytes, at + bytes) - 1;
      if (this.#libc.preadNow(file.fd, this.#probeVector, last) !== 1) return false;
    }
    return true;
  }

  /** Reads a part that is in memory: how many bytes, -1 for none. */
  read(file: OpenDescriptor, into: Uint8Array, at: number): number {
    return this.#libc.preadNow(file.fd, this.#libc.vectorOf(into), at);
  }

  /**
   * Sends now, and waits for the disk if it must: how many bytes the socket took. 0 if it has no room, is
   * gone or still has bytes of Node's own before these, or the file ends here: a write of Node's tells which.
   */
  send(socket: Socket, file: OpenDescriptor, at: number, bytes: number): number {
    const to = numberOf(socket);
    if (to === undefined) return 0;
    this.#offset[0] = BigInt(at);
    return Math.max(0, this.#libc.sendfile(to, file.fd, this.#offset, bytes));
  }

  /** The same without holding up this thread. The file must stay open until then; the socket need not. */
  async sendLater(socket: Socket, file: OpenDescriptor, at: number, bytes: number) {
    const number = numberOf(socket);
    const to = number === undefined ? -1 : this.#libc.fcntl(number, duplicate, 0);
    if (to < 0) return 0; // or there is no descriptor left
    try {
      const offset = BigInt64Array.of(BigInt(at));
      return Math.max(0, await this.#libc.sendfileLater(to, file.fd, offset, bytes));
    } finally {
      this.#libc.close(to);
    }
  }
}

// Bytes that wait in Node come first, and after `end` there are none.
function numberOf(socket: Socket): number | undefined {
  if (socket.writableLength > 0 || socket.writableEnded) return undefined;
  return descriptorOf(socket);
}

function descriptorOf(socket: Socket): number | undefined {
  // proven: each property is looked at before it is used; TLS has the number of what is below it.
  const { _handle: handle, encrypted } = socket as Inside;
  const fd = socket.destroyed || encrypted === true ? undefined : handle?.fd;
  return typeof fd === "number" && fd >= 0 ? fd : undefined;
}

/** What Node's sockets have besides what its types tell. */
type Inside = { readonly _handle?: { readonly fd?: unknown } | null; readonly encrypted?: unknown };
