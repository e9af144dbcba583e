import { setImmediate as nextTurn } from "node:timers/promises";
import { KindlingError, WireError } from "../errors.ts";
import type { Libc } from "../runtime/libc.ts";
import type { Log } from "../runtime/log.ts";
import { Notice } from "../runtime/notice.ts";
import { StayAwake } from "../runtime/stay-awake.ts";
import { openUdp, type UdpPeer, type UdpSocket } from "../runtime/udp.ts";
import { formatIp, type IpAddress } from "../wire/ip.ts";
import type { TftpDeps } from "./deps.ts";
import { formatError, parsePacket, TftpErrorCode, type TftpPacket } from "./packet.ts";
import { reportTransfer } from "./report.ts";
import { type Refusal, Stopping } from "./request.ts";
import { Session } from "./session.ts";
import type { TransferOutcome, TransferPlan, TransferState } from "./transfer.ts";
import { type Slot, TransferTable } from "./transfer-table.ts";

/** How long closing waits for open transfers; a loader of 1 MB takes less. */
export const drainMs = 2000;

/** For the ACKs of one client; every one of 500 sockets with room for a rack would be 4 GB. */
const ownBufferBytes = 64 * 1024;

/** With more clients than this there is always one to serve: nobody needs to be waited for awake. */
const awakeClientsMost = 4;

/** The bytes that a transfer sends, under which name and how. */
export type Freight = {
  readonly bytes: Uint8Array;
  readonly plan: TransferPlan;
  readonly file: string;
  /** By the socket that was asked, not by one of its own. */
  readonly singlePort: boolean;
};

/** Runs transfers, each by a socket of its own if one is to be had, until they end. */
export class TransferServer {
  readonly open = new TransferTable();
  readonly #deps: TftpDeps;
  readonly #libc: Libc;
  readonly #closing = new Set<Promise<void>>();
  readonly #drained = Promise.withResolvers<void>();
  readonly #shared: Notice;
  readonly #awake = new StayAwake();
  #isStopping = false;

  constructor(deps: TftpDeps, libc: Libc) {
    this.#deps = deps;
    this.#libc = libc;
    this.#shared = new Notice(deps.clock.now);
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Sends the first packet. The slot is open already, and is forgotten when its transfer ends. */
  async start(slot: Slot, freight: Freight): Promise<Refusal | undefined> {
    slot.socket = freight.singlePort ? slot.ask.socket : await this.#openOwnSocket(slot);
    if (this.#isStopping) return Stopping;
    this.#run(slot, slot.socket, freight);
    return undefined;
  }

  /** Closes what a slot has of its own. */
  forget(slot: Slot): void {
    const { socket } = slot.ask;
    this.open.remove(slot);
    if (slot.socket !== undefined && slot.socket !== socket) {
      const closing = closeSoon(slot.socket).finally(() => this.#closing.delete(closing));
      this.#closing.add(closing);
    }
    if (this.#isStopping && this.open.size === 0) this.#drained.resolve();
  }

  /** Lets open transfers end for `drainMs`. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.open.size > 0) {
      using _limit = this.#deps.clock.after(drainMs, this.#drained.resolve);
      await this.#drained.promise;
    }
    for (const { session } of this.open.all()) {
      session?.end({ kind: "failed", reason: "server-stopping" });
    }
    await Promise.all(this.#closing);
    await nextTurn(); // see closeSoon: in single-port mode the shared socket told the clients
  }

  #run(slot: Slot, socket: UdpSocket<IpAddress>, { bytes, plan, file }: Freight): void {
    const { peer, at } = slot.ask;
    const { clock } = this.#deps;
    const ended = (state: TransferState, outcome: TransferOutcome, cause?: unknown) => {
      if (outcome.reason === "server-stopping" || outcome.reason === "internal-error") {
        socket.send(formatError(TftpErrorCode.undefined, outcome.reason), peer);
      }
      this.forget(slot);
      const ms = clock.now() - at;
      reportTransfer(this.#deps, { peer, file, state, outcome, ms, cause });
    };
    slot.session = new Session({
      clock,
      bytes,
      plan,
      ended,
      send: (data) => socket.send(data, peer),
      stayAwake: (ms) => {
        if (this.open.size <= awakeClientsMost) this.#awake.stay(ms);
      },
    });
  }

  async #openOwnSocket(slot: Slot): Promise<UdpSocket<IpAddress>> {
    const { peer, socket } = slot.ask;
    const where = {
      ...{ address: socket.local.address, port: 0 },
      ...{ receiveBuffer: ownBufferBytes, direct: this.#libc },
    };
    const own = await openUdp(where).catch((error: unknown) => this.#shareSocket(error, socket));
    if (own === socket) return own;
    hear(own, this.#deps.log, ({ packet, peer: from }) => {
      if (from.address === peer.address && from.port === peer.port) slot.session?.receive(packet);
      else if (packet.kind !== "error") own.send(StrangerError, from); // RFC 1350 §4
    });
    return own;
  }

  // Out of descriptors or ports, all that a transfer needs is the socket there is.
  #shareSocket(error: unknown, socket: UdpSocket<IpAddress>): UdpSocket<IpAddress> {
    if (!(error instanceof KindlingError)) throw error;
    const times = this.#shared.happened();
    if (times !== undefined) {
      const cure = "raise LimitNOFILE of the service or lower tftp.transfersMax";
      const fields = { times, errno: error.details["errno"], open: this.open.size, cure };
      this.#deps.log.warn("tftp has no socket left and serves by the request port", fields);
    }
    return socket;
  }
}

/** A packet, its bytes and its sender. */
export type Heard = {
  readonly packet: TftpPacket;
  readonly datagram: Uint8Array;
  readonly peer: UdpPeer<IpAddress>;
};

/** Hands over the packets that a socket hears; what is none, and its troubles, are logged. */
export function hear(socket: UdpSocket<IpAddress>, log: Log, take: (heard: Heard) => void): void {
  socket.onError((error) => log.warn("tftp socket error", { error: error.message }));
  socket.receive((datagram, peer) => {
    const packet = readPacket(datagram, peer, log);
    if (packet !== undefined) take({ packet, datagram, peer });
  });
}

function readPacket(
  datagram: Uint8Array,
  peer: UdpPeer<IpAddress>,
  log: Log,
): TftpPacket | undefined {
  try {
    return parsePacket(datagram);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const client = formatIp(peer.address);
    log.debug("tftp datagram ignored", { client, error: error.message });
    return undefined;
  }
}

const StrangerError = formatError(TftpErrorCode.unknownTransfer, "unknown transfer");

// What was sent last leaves on a later turn of the event loop, and a closed socket sends nothing.
async function closeSoon(socket: UdpSocket<IpAddress>): Promise<void> {
  await nextTurn();
  await socket[Symbol.asyncDispose]();
}
