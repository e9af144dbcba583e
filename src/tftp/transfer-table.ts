import type { UdpPeer, UdpSocket } from "../runtime/udp.ts";
import type { IpAddress } from "../wire/ip.ts";
import type { TftpLink } from "./link.ts";
import type { TftpRequest } from "./packet.ts";
import type { Session } from "./session.ts";
import { isUnanswered } from "./transfer.ts";

/** One request as it came in. */
export type Ask = {
  readonly request: TftpRequest;
  /** The datagram as text: the same text from the same peer is the same request. */
  readonly text: string;
  readonly peer: UdpPeer<IpAddress>;
  /** Bound to the address that answers. */
  readonly socket: UdpSocket<IpAddress>;
  /** The link it came in by. */
  readonly link: TftpLink;
  readonly at: number;
};

/** One open transfer: first only its request, then a session on `socket`. */
export type Slot = { readonly ask: Ask; session?: Session; socket?: UdpSocket<IpAddress> };

/** The open transfers by who asked where, the oldest first, and how many each address has. */
export class TransferTable {
  readonly #slots = new Map<string, Slot>();
  readonly #ofClient = new Map<IpAddress, number>();

  get size(): number {
    return this.#slots.size;
  }

  ofClient(address: IpAddress): number {
    return this.#ofClient.get(address) ?? 0;
  }

  /** How many of an address's transfers it has not answered yet. */
  unprovenOf(address: IpAddress): number {
    if (this.ofClient(address) === 0) return 0;
    return this.all().filter((it) => it.ask.peer.address === address && !isProven(it)).length;
  }

  at(socket: UdpSocket<IpAddress>, peer: UdpPeer<IpAddress>): Slot | undefined {
    return this.#slots.get(keyOf(socket, peer));
  }

  all(): readonly Slot[] {
    return [...this.#slots.values()];
  }

  /** The caller has seen that there is none for this peer. */
  add(slot: Slot): void {
    const { socket, peer } = slot.ask;
    this.#slots.set(keyOf(socket, peer), slot);
    this.#ofClient.set(peer.address, this.ofClient(peer.address) + 1);
  }

  remove(slot: Slot): void {
    const { socket, peer } = slot.ask;
    const key = keyOf(socket, peer);
    if (this.#slots.get(key) !== slot) return;
    this.#slots.delete(key);
    const left = this.ofClient(peer.address) - 1;
    if (left > 0) this.#ofClient.set(peer.address, left);
    else this.#ofClient.delete(peer.address);
  }

  /** The oldest transfer that nobody answered, or not this client. One whose file is being looked up has sent nothing. */
  oldestUnanswered(client?: IpAddress): Slot | undefined {
    for (const slot of this.#slots.values()) {
      if (client !== undefined && slot.ask.peer.address !== client) continue;
      if (slot.session !== undefined && isUnanswered(slot.session.state)) return slot;
    }
    return undefined;
  }
}

function isProven({ session }: Slot): boolean {
  return session !== undefined && !isUnanswered(session.state);
}

function keyOf(socket: UdpSocket<IpAddress>, peer: UdpPeer<IpAddress>): string {
  return `${socket.local.address} ${peer.address}:${peer.port}`;
}
