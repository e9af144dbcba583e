import { setImmediate as nextTurn } from "node:timers/promises";
import type { EventSink } from "../boot/event.ts";
import { WireError } from "../errors.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { BoundService } from "../runtime/service.ts";
import { openUdp, type UdpPeer, type UdpSocket } from "../runtime/udp.ts";
import { formatIp, type IpAddress } from "../wire/ip.ts";
import { type FileSource, findFile } from "./file-source.ts";
import { limitsAt, type TftpLimits } from "./negotiate.ts";
import {
  formatError,
  parsePacket,
  TftpErrorCode,
  type TftpPacket,
  type TftpRequest,
} from "./packet.ts";
import { reportRefusal, reportTransfer } from "./report.ts";
import {
  Busy,
  decideRequest,
  decideTransfer,
  type Refusal,
  refuseMissing,
  Stopping,
  Unreadable,
} from "./request.ts";
import { Session } from "./session.ts";
import {
  meaningOfRequest,
  outcomeOfRestart,
  type TransferOutcome,
  type TransferPlan,
  type TransferState,
} from "./transfer.ts";

export type TftpSettings = TftpLimits & {
  /** Transfers open at once; past it a request is told to come back. */
  readonly transfersMax: number;
  /** Everything leaves by the port that was asked: for containers, NAT and strict firewalls. */
  readonly singlePort: boolean;
};

export type TftpDeps = {
  /** One socket each, so that an answer leaves from the address that was asked. */
  readonly addresses: readonly IpAddress[];
  readonly port: number;
  readonly files: FileSource;
  readonly settings: TftpSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly publish: EventSink;
};

export type TftpServer = BoundService & {
  /** The addresses and ports that are bound. */
  readonly bound: readonly UdpPeer<IpAddress>[];
  /** Counts for transfers that start from now on. */
  replaceSettings(settings: TftpSettings): void;
};

/** How long closing waits for open transfers; a loader of 1 MB takes less. */
export const drainMs = 2000;

/**
 * Binds every address, answers nobody before `serve`. Closing finishes open transfers for
 * `drainMs`.
 */
export async function openTftpServer(deps: TftpDeps, signal: AbortSignal): Promise<TftpServer> {
  await using binding = new AsyncDisposableStack();
  const sockets: UdpSocket<IpAddress>[] = [];
  for (const address of deps.addresses) {
    signal.throwIfAborted();
    sockets.push(binding.use(await openUdp({ address, port: deps.port })));
  }
  const shell = new TftpShell(deps);
  const bound = binding.move();
  const { promise: done, resolve } = Promise.withResolvers<void>();
  return {
    name: "tftp",
    done,
    bound: sockets.map((socket) => socket.local),
    serve: () => sockets.forEach((socket) => void shell.serve(socket)),
    replaceSettings: (settings) => shell.replaceSettings(settings),
    async [Symbol.asyncDispose]() {
      await shell.stop();
      await bound.disposeAsync();
      resolve();
    },
  };
}

/** One request as it came in. */
type Ask = {
  readonly request: TftpRequest;
  /** The datagram as text: the same text from the same peer is the same request. */
  readonly text: string;
  readonly peer: UdpPeer<IpAddress>;
  readonly socket: UdpSocket<IpAddress>;
  readonly at: number;
};

/** One open transfer: first only its request, then a session on `socket`. */
type Slot = { readonly ask: Ask; session?: Session; socket?: UdpSocket<IpAddress> };

class TftpShell {
  readonly #deps: TftpDeps;
  readonly #open = new Map<string, Slot>();
  readonly #closing = new Set<Promise<void>>();
  readonly #drained = Promise.withResolvers<void>();
  #settings: TftpSettings;
  #stopping = false;

  constructor(deps: TftpDeps) {
    this.#deps = deps;
    this.#settings = deps.settings;
  }

  replaceSettings(settings: TftpSettings): void {
    this.#settings = settings;
  }

  serve(socket: UdpSocket<IpAddress>): void {
    this.#watch(socket);
    socket.receive((datagram, peer) => {
      const packet = this.#parse(datagram, peer);
      if (packet?.kind === "read-request" || packet?.kind === "write-request") {
        const text = Buffer.from(datagram).toString("latin1");
        const ask = { request: packet, text, peer, socket, at: this.#deps.clock.now() };
        // #answer catches what the file source throws; anything else is our bug and costs one
        // request.
        this.#answer(ask).catch((error: unknown) => this.#lament(peer, error));
      } else if (packet !== undefined) {
        // Only in single-port mode does a transfer's own traffic arrive here. Strangers get no
        // answer: most are late copies of a last ACK.
        const slot = this.#open.get(keyOf(socket, peer));
        if (slot?.socket === socket) slot.session?.receive(packet);
      }
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#open.size > 0) {
      using _limit = this.#deps.clock.after(drainMs, this.#drained.resolve);
      await this.#drained.promise;
    }
    for (const { session } of this.#open.values()) {
      session?.end({ kind: "failed", reason: "server-stopping" });
    }
    await Promise.all(this.#closing);
    await nextTurn(); // see closeSoon: in single-port mode the shared socket told the clients
  }

  async #answer(ask: Ask): Promise<void> {
    const decision = decideRequest(ask.request);
    if (decision.kind === "refuse") return this.#refuse(ask, decision);
    const key = keyOf(ask.socket, ask.peer);
    if (this.#belongsToOpen(ask, this.#open.get(key))) return;
    if (this.#stopping) return this.#refuse(ask, Stopping);
    if (this.#open.size >= this.#settings.transfersMax) return this.#refuse(ask, Busy);
    const slot: Slot = { ask };
    this.#open.set(key, slot);
    try {
      const refusal = await this.#start(slot, decision.names);
      if (refusal !== undefined) this.#refuse(ask, refusal);
    } catch (error) {
      this.#lament(ask.peer, error);
      this.#refuse(ask, Unreadable);
    } finally {
      if (slot.session === undefined) this.#forget(slot);
    }
  }

  /** True if an open transfer takes care of the request; a transfer that was given up is ended. */
  #belongsToOpen(ask: Ask, slot: Slot | undefined): boolean {
    if (slot === undefined) return false;
    if (slot.session === undefined) return true; // its file is being looked up
    const { state } = slot.session;
    const repeat = { isSame: ask.text === slot.ask.text, ageMs: ask.at - slot.ask.at };
    const isRepeat = meaningOfRequest(state, repeat) === "repeat";
    if (isRepeat) slot.session.step({ kind: "repeat-request" });
    else slot.session.end(outcomeOfRestart(state));
    return isRepeat;
  }

  async #start(slot: Slot, names: readonly string[]): Promise<Refusal | undefined> {
    const { request, peer, socket } = slot.ask;
    const settings = limitsAt(socket.local.address, this.#settings);
    const client = { ...peer, server: socket.local.address };
    const file = await findFile(this.#deps.files, names, client);
    if (file.kind === "missing") return refuseMissing(file.reason);
    const transfer = decideTransfer(request, file.bytes, settings);
    if (transfer.kind === "refuse") return transfer;
    slot.socket = settings.singlePort ? socket : await this.#openOwnSocket(slot);
    if (this.#stopping) return Stopping;
    this.#run(slot, slot.socket, { ...transfer, file: file.name });
    return undefined;
  }

  #run(
    slot: Slot,
    socket: UdpSocket<IpAddress>,
    what: { readonly bytes: Uint8Array; readonly plan: TransferPlan; readonly file: string },
  ): void {
    const { peer, at } = slot.ask;
    const { clock } = this.#deps;
    const ended = (state: TransferState, outcome: TransferOutcome, cause?: unknown) => {
      if (outcome.reason === "server-stopping" || outcome.reason === "internal-error") {
        socket.send(formatError(TftpErrorCode.undefined, outcome.reason), peer);
      }
      this.#forget(slot);
      const ms = clock.now() - at;
      reportTransfer(this.#deps, { peer, file: what.file, state, outcome, ms, cause });
    };
    const { bytes, plan } = what;
    const session = new Session({
      clock,
      bytes,
      plan,
      ended,
      send: (data) => socket.send(data, peer),
    });
    slot.session = session;
  }

  async #openOwnSocket(slot: Slot): Promise<UdpSocket<IpAddress>> {
    const { peer, socket } = slot.ask;
    const own = await openUdp({ address: socket.local.address, port: 0 });
    this.#watch(own);
    own.receive((datagram, from) => {
      const packet = this.#parse(datagram, from);
      if (packet === undefined) return;
      if (from.address === peer.address && from.port === peer.port) slot.session?.receive(packet);
      else if (packet.kind !== "error") own.send(StrangerError, from); // RFC 1350 §4
    });
    return own;
  }

  #refuse(ask: Ask, refusal: Refusal): void {
    ask.socket.send(formatError(refusal.code, refusal.text), ask.peer);
    const ms = this.#deps.clock.now() - ask.at;
    reportRefusal(this.#deps, { peer: ask.peer, request: ask.request, refusal, ms });
  }

  #forget(slot: Slot): void {
    const { peer, socket } = slot.ask;
    const key = keyOf(socket, peer);
    if (this.#open.get(key) === slot) this.#open.delete(key);
    if (slot.socket !== undefined && slot.socket !== socket) {
      const closing = closeSoon(slot.socket).finally(() => this.#closing.delete(closing));
      this.#closing.add(closing);
    }
    if (this.#stopping && this.#open.size === 0) this.#drained.resolve();
  }

  #parse(datagram: Uint8Array, peer: UdpPeer<IpAddress>): TftpPacket | undefined {
    try {
      return parsePacket(datagram);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      const client = formatIp(peer.address);
      this.#deps.log.debug("tftp datagram ignored", { client, error: error.message });
      return undefined;
    }
  }

  #watch(socket: UdpSocket<IpAddress>): void {
    socket.onError((error) => this.#deps.log.warn("tftp socket error", { error: error.message }));
  }

  #lament(peer: UdpPeer<IpAddress>, error: unknown): void {
    const cause = error instanceof Error ? error.stack : String(error);
    this.#deps.log.error("tftp request failed", { client: formatIp(peer.address), cause });
  }
}

const StrangerError = formatError(TftpErrorCode.unknownTransfer, "unknown transfer");

// What was sent last leaves on a later turn of the event loop, and a closed socket sends nothing.
async function closeSoon(socket: UdpSocket<IpAddress>): Promise<void> {
  await nextTurn();
  await socket[Symbol.asyncDispose]();
}

function keyOf(socket: UdpSocket<IpAddress>, peer: UdpPeer<IpAddress>): string {
  return `${socket.local.address} ${peer.address}:${peer.port}`;
}
