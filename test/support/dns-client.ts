import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { UdpPeer } from "../../src/runtime/udp.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";
import { readAnswer } from "./dns.ts";

export type Answer = ReturnType<typeof readAnswer>;

/** Sends datagrams from one socket and gives the first `count` answers. */
export async function askByUdp(
  server: UdpPeer,
  queries: readonly Uint8Array[],
  count = 1,
): Promise<readonly Answer[]> {
  const socket = createSocket("udp4");
  const answers: Answer[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on("message", (bytes) => {
    if (answers.push(readAnswer(bytes)) === count) resolve();
  });
  for (const query of queries) {
    const sent = Promise.withResolvers<void>();
    socket.send(query, server.port, formatIpv4(server.address), () => sent.resolve());
    await sent.promise; // a burst past the receive buffer would be the kernel's loss, not a finding
  }
  await promise;
  socket.close();
  return answers;
}

/** A TCP client that counts the answers it got and awaits more of them. */
export class TcpClient implements Disposable {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  #bytes: Buffer = Buffer.alloc(0);
  #waiting: (() => void) | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    this.closed = once(socket, "close").catch(() => undefined);
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#waiting?.();
    });
  }

  static async connect(server: UdpPeer): Promise<TcpClient> {
    const socket = connect({ host: formatIpv4(server.address), port: server.port });
    await once(socket, "connect");
    return new TcpClient(socket);
  }

  send(queries: readonly Uint8Array[]): void {
    const framed = queries.map((it) => [Uint8Array.of(it.length >> 8, it.length & 255), it]);
    this.socket.write(Buffer.concat(framed.flat()));
  }

  async answers(count: number): Promise<readonly Answer[]> {
    for (;;) {
      const found = this.#whole();
      if (found.length >= count) return found.slice(0, count).map(readAnswer);
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #whole(): readonly Uint8Array[] {
    const found: Uint8Array[] = [];
    for (let at = 0; at + 2 <= this.#bytes.length; ) {
      const end = at + 2 + this.#bytes.readUInt16BE(at);
      if (end > this.#bytes.length) break;
      found.push(this.#bytes.subarray(at + 2, end));
      at = end;
    }
    return found;
  }
}
