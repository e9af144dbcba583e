import { setImmediate as soon } from "node:timers";
import { type IpAddress, isIpv6 } from "../wire/ip.ts";
import type { Ipv4Address } from "../wire/ipv4.ts";
import { ipv6FromBytes, ipv6ToBytes } from "../wire/ipv6.ts";
import type { Libc } from "./libc.ts";

/** The libc calls that move datagrams. */
export type UdpCalls = Pick<Libc, "addressOf" | "errorName" | "receiveMany" | "sendto">;

/** Where a datagram came from, or goes. */
type Peer<A extends IpAddress> = { readonly address: A; readonly port: number };

export type SendResult =
  | { readonly kind: "sent" }
  /** The socket has no room: it is the caller's to wait for it. */
  | { readonly kind: "full" }
  | { readonly kind: "failed"; readonly errno: string };

/** Datagrams read by one call. */
const batchMost = 16;
/** No datagram is longer; of what nobody writes to no memory is taken. */
const slotBytes = 64 * 1024;
/** Full batches of one turn of the event loop: 128 datagrams, a millisecond or two of answers. */
const batchesPerTurn = 8;

/** Bytes of `struct mmsghdr`: 56 of `struct msghdr`, the length of what came, 4 to the next. */
const headerBytes = 64;
const lengthAt = 56;

/** MSG_DONTWAIT */
const dontWait = 0x40;

/**
 * The datagrams of a `dgram` socket past `dgram`, which makes an object for each sender, a buffer of its own for each
 * datagram and a request for each that is sent. The event loop still waits in `dgram`, and the first datagram of
 * a turn comes from there; then `drain` reads what waits behind it, many by one call. What neither does, `dgram`
 * does: nothing depends on this class but the processor time.
 *
 * The descriptor is that of the socket, which was given it: whoever closes the socket calls neither method again.
 */
export class DirectUdp<A extends IpAddress> {
  readonly #libc: UdpCalls;
  readonly #fd: number;
  readonly #name: Buffer;
  readonly #nextTurn: (task: () => void) => void;
  #named: A | undefined;
  #batch: Batch<A> | undefined;
  #full = 0;

  /** `name` is the socket's own, as libc has it: those of its peers are of the same form. */
  constructor(
    { fd, name, libc }: { fd: number; name: Uint8Array; libc: UdpCalls },
    nextTurn: (task: () => void) => void = soon,
  ) {
    this.#libc = libc;
    this.#fd = fd;
    this.#name = Buffer.from(name);
    this.#nextTurn = nextTurn;
  }

  send(datagram: Uint8Array, { address, port }: Peer<A>): SendResult {
    const name = this.#name;
    name.writeUInt16BE(port, 2);
    if (address !== this.#named) writeAddress(name, address);
    this.#named = address;
    const { length } = datagram;
    if (this.#libc.sendto(this.#fd, datagram, length, dontWait, name, name.length) >= 0) {
      return { kind: "sent" };
    }
    const errno = this.#libc.errorName();
    return Full.includes(errno) ? { kind: "full" } : { kind: "failed", errno };
  }

  /**
   * Hands over what waits: one batch, unless the turn has had its share, so that a flood leaves the loop to others.
   * `take` may keep its datagram, and tells whether it wants more of them.
   */
  drain(take: (datagram: Uint8Array, peer: Peer<A>) => boolean): void {
    if (this.#full >= batchesPerTurn) return;
    this.#batch ??= new Batch(this.#libc, this.#name.length);
    const count = this.#libc.receiveMany(this.#fd, this.#batch.headers, batchMost);
    if (count === batchMost) this.#countFull();
    for (let at = 0; at < count; at += 1) {
      if (!take(this.#batch.datagram(at), this.#batch.peer(at))) return;
    }
  }

  #countFull(): void {
    if (this.#full === 0) {
      this.#nextTurn(() => {
        this.#full = 0;
      });
    }
    this.#full += 1;
  }
}

const Full: readonly string[] = ["EAGAIN", "EWOULDBLOCK", "ENOBUFS"];

/** Room for datagrams and their senders' names, and what tells recvmmsg(2) of it. */
class Batch<A extends IpAddress> {
  readonly headers = Buffer.alloc(batchMost * headerBytes);
  readonly #bytes = Buffer.allocUnsafeSlow(batchMost * slotBytes);
  readonly #names: Buffer;
  readonly #nameBytes: number;
  // The headers point at them.
  readonly #vectors = Buffer.alloc(batchMost * 16);

  constructor({ addressOf }: UdpCalls, nameBytes: number) {
    this.#nameBytes = nameBytes;
    this.#names = Buffer.alloc(batchMost * nameBytes);
    const [bytes, names] = [addressOf(this.#bytes), addressOf(this.#names)];
    const vectors = addressOf(this.#vectors);
    for (let at = 0; at < batchMost; at += 1) {
      // struct iovec: address, length.
      this.#vectors.writeBigUInt64LE(bytes + BigInt(at * slotBytes), at * 16);
      this.#vectors.writeBigUInt64LE(BigInt(slotBytes), at * 16 + 8);
      // struct msghdr: name, its length, vectors, their number.
      const header = this.headers.subarray(at * headerBytes);
      header.writeBigUInt64LE(names + BigInt(at * nameBytes), 0);
      header.writeUInt32LE(nameBytes, 8);
      header.writeBigUInt64LE(vectors + BigInt(at * 16), 16);
      header.writeBigUInt64LE(1n, 24);
    }
  }

  datagram(at: number): Uint8Array {
    const start = at * slotBytes;
    const length = this.headers.readUInt32LE(at * headerBytes + lengthAt);
    return Buffer.from(this.#bytes.subarray(start, start + length));
  }

  peer(at: number): Peer<A> {
    const start = at * this.#nameBytes;
    const port = this.#names.readUInt16BE(start + 2);
    // proven: a socket of one family tells of addresses of that family
    if (this.#nameBytes === ipv4NameBytes) {
      return { address: this.#names.readUInt32BE(start + 4) as Ipv4Address as A, port };
    }
    return { address: ipv6FromBytes(this.#names.subarray(start + 8, start + 24)) as A, port };
  }
}

const ipv4NameBytes = 16;

/**
 * struct sockaddr_in: family (host order), port and address (network order), 8 zero bytes.
 * struct sockaddr_in6: family, port, flow information, address, scope, which the device gives.
 */
export function socketName(address: IpAddress, port: number): Buffer {
  const name = Buffer.alloc(isIpv6(address) ? 28 : ipv4NameBytes);
  name.writeUInt16LE(isIpv6(address) ? inet6 : inet, 0);
  name.writeUInt16BE(port, 2);
  writeAddress(name, address);
  return name;
}

function writeAddress(name: Buffer, address: IpAddress): void {
  if (isIpv6(address)) name.set(ipv6ToBytes(address), 8);
  else name.writeUInt32BE(address, 4);
}

// AF_INET and AF_INET6 of Linux.
const [inet, inet6] = [2, 10] as const;
