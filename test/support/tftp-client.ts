import { createSocket, type RemoteInfo } from "node:dgram";
import { formatPacket, parsePacket, type TftpPacket } from "../../src/tftp/packet.ts";

export type Received = { readonly packet: TftpPacket; readonly from: RemoteInfo };

/** A loopback socket that speaks TFTP one packet at a time, for tests that play a client by hand. */
export type TftpClient = AsyncDisposable & {
  send(packet: TftpPacket | Uint8Array, port: number): void;
  /** The next packet that came or comes. */
  next(): Promise<Received>;
  /** Reads a whole file with options, as RFC 7440 says, and returns its bytes. */
  read(name: string, port: number, options?: Readonly<Record<string, number>>): Promise<Buffer>;
};

export async function openTftpClient(): Promise<TftpClient> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const waiting: Received[] = [];
  let wake = (): void => {};
  socket.on("message", (datagram, from) => {
    waiting.push({ packet: parsePacket(datagram), from });
    wake();
  });
  const next = async (): Promise<Received> => {
    for (;;) {
      const first = waiting.shift();
      if (first !== undefined) return first;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const send = (packet: TftpPacket | Uint8Array, port: number): void => {
    socket.send(packet instanceof Uint8Array ? packet : formatPacket(packet), port, "127.0.0.1");
  };
  return {
    send,
    next,
    async read(name, port, options = {}) {
      send(readRequest(name, options), port);
      const blocks: Uint8Array[] = [];
      const { blksize = 512, windowsize = 1 } = options;
      for (;;) {
        const { packet, from } = await next();
        if (packet.kind === "error") throw new Error(`${packet.code} ${packet.message}`);
        if (packet.kind === "option-ack") send({ kind: "ack", block: 0 }, from.port);
        if (packet.kind !== "data" || packet.block !== blocks.length + 1) continue;
        blocks.push(packet.bytes);
        const isLast = packet.bytes.length < blksize;
        const isDue = isLast || blocks.length % windowsize === 0;
        if (isDue) send({ kind: "ack", block: blocks.length }, from.port);
        if (isLast) return Buffer.concat(blocks);
      }
    },
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}

/** A request to read `name` in octet mode. */
export function readRequest(
  name: string,
  options: Readonly<Record<string, number>> = {},
): TftpPacket {
  const list = Object.entries(options).map(([key, value]) => ({ name: key, value: String(value) }));
  return { kind: "read-request", name, mode: "octet", options: list };
}
