import type { UdpOptions, UdpPeer, UdpSocket } from "../../src/runtime/udp.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";

export type SentDatagram = UdpPeer & { readonly datagram: Uint8Array; readonly fromPort: number };

/** A network in memory: sockets opened on it hear what the test delivers and tell it what they send. */
export class FakeNetwork {
  readonly sent: SentDatagram[] = [];
  readonly opened: UdpOptions[] = [];
  readonly closed: UdpOptions[] = [];
  /** Ports that somebody else holds. */
  readonly busy = new Set<number>();
  readonly #handlers = new Map<number, (datagram: Uint8Array, peer: UdpPeer) => void>();

  readonly open = async (options: UdpOptions): Promise<UdpSocket> => {
    if (this.busy.has(options.port)) throw new Error(`port ${options.port} is busy`);
    this.opened.push(options);
    return {
      local: { address: options.address, port: options.port },
      receive: (handler) => this.#handlers.set(options.port, handler),
      send: (datagram, peer) => this.sent.push({ ...peer, datagram, fromPort: options.port }),
      onError: () => {},
      [Symbol.asyncDispose]: async () => {
        this.closed.push(options);
      },
    };
  };

  /** True when the socket of that port took it. */
  deliver(port: number, datagram: Uint8Array, from = "0.0.0.0", fromPort = 68): boolean {
    const handler = this.#handlers.get(port);
    handler?.(datagram, { address: parseIpv4(from), port: fromPort });
    return handler !== undefined;
  }
}
