import { setImmediate as nextTurn } from "node:timers/promises";
import type { EventSink } from "../boot/event.ts";
import { KindlingError, WireError } from "../errors.ts";
import type { Clock } from "../runtime/clock.ts";
import { type Libc, loadLibc } from "../runtime/libc.ts";
import type { Log } from "../runtime/log.ts";
import { Notice } from "../runtime/notice.ts";
import type { BoundService } from "../runtime/service.ts";
import { StayAwake } from "../runtime/stay-awake.ts";
import { openUdp, type UdpPeer, type UdpSocket } from "../runtime/udp.ts";
import { formatIp, type IpAddress } from "../wire/ip.ts";
import { limitedBroadcast } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import {
  type AdmissionDecision,
  type AdmissionLimits,
  decideAdmission,
  isForeign,
  patienceMs,
} from "./admission.ts";
import { type FileSource, findFile } from "./file-source.ts";
import type { TftpLink } from "./link.ts";
import { limitsOn, type TftpLimits } from "./negotiate.ts";
import { formatError, parsePacket, TftpErrorCode, type TftpPacket } from "./packet.ts";
import { reportRefusal, reportTransfer } from "./report.ts";
import {
  Busy,
  ClientBusy,
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
import { type Ask, type Slot, TransferTable } from "./transfer-table.ts";

export type TftpSettings = TftpLimits &
  AdmissionLimits & {
    /** Everything leaves by the port that was asked: for containers, NAT and strict firewalls. */
    readonly singlePort: boolean;
  };

export type TftpDeps = {
  /** One socket each, so that an answer leaves from the address that was asked. */
  readonly links: readonly TftpLink[];
  readonly port: number;
  readonly files: FileSource;
  readonly settings: TftpSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly publish: EventSink;
  /** The machine that was last seen at an address, for the log. */
  readonly machineAt?: (address: IpAddress) => MacAddress | undefined;
};

export type TftpServer = BoundService & {
  /** The addresses and ports that are bound. */
  readonly bound: readonly UdpPeer<IpAddress>[];
  /** Counts for transfers that start from now on. */
  replaceSettings(settings: TftpSettings): void;
  openTransfers(): number;
};

/** How long closing waits for open transfers; a loader of 1 MB takes less. */
export const drainMs = 2000;

/**
 * Binds every address, answers nobody before `serve`. Closing finishes open transfers for
 * `drainMs`.
 */
export async function openTftpServer(deps: TftpDeps, signal: AbortSignal): Promise<TftpServer> {
  await using binding = new AsyncDisposableStack();
  const doors: Door[] = [];
  const libc = loadLibc();
  for (const link of deps.links) {
    signal.throwIfAborted();
    const socket = binding.use(
      await openUdp({ address: link.address, port: deps.port, direct: libc }),
    );
    doors.push({ link, socket, ear: socket });
    if (link.device === undefined) continue;
    // A socket bound to an address does not hear broadcasts; one bound to 255.255.255.255 hears
    // nothing else, and its device says which address has to answer.
    const { port } = socket.local;
    const where = { address: limitedBroadcast, port, device: link.device };
    doors.push({ link, socket, ear: binding.use(await openUdp(where)) });
  }
  const shell = new TftpShell(deps, libc);
  const bound = binding.move();
  const { promise: done, resolve } = Promise.withResolvers<void>();
  return {
    name: "tftp",
    done,
    bound: [...new Set(doors.map(({ socket }) => socket.local))],
    serve: () => doors.forEach((door) => void shell.serve(door)),
    replaceSettings: (settings) => shell.replaceSettings(settings),
    openTransfers: () => shell.openTransfers,
    async [Symbol.asyncDispose]() {
      await shell.stop();
      await bound.disposeAsync();
      resolve();
    },
  };
}

/** Where requests come in (`ear`) and from where they are answered, which is the same most often. */
type Door = {
  readonly link: TftpLink;
  readonly socket: UdpSocket<IpAddress>;
  readonly ear: UdpSocket<IpAddress>;
};

class TftpShell {
  readonly #deps: TftpDeps;
  readonly #libc: Libc;
  readonly #open = new TransferTable();
  readonly #closing = new Set<Promise<void>>();
  readonly #drained = Promise.withResolvers<void>();
  readonly #shed: Notice;
  readonly #shared: Notice;
  readonly #awake = new StayAwake();
  #settings: TftpSettings;
  #stopping = false;

  constructor(deps: TftpDeps, libc: Libc) {
    this.#deps = deps;
    this.#libc = libc;
    this.#shed = new Notice(deps.clock.now);
    this.#shared = new Notice(deps.clock.now);
    this.#settings = deps.settings;
  }

  get openTransfers(): number {
    return this.#open.size;
  }

  replaceSettings(settings: TftpSettings): void {
    this.#settings = settings;
  }

  serve({ link, socket, ear }: Door): void {
    this.#watch(ear);
    ear.receive((datagram, peer) => {
      const packet = this.#parse(datagram, peer);
      if (packet?.kind === "read-request" || packet?.kind === "write-request") {
        const text = Buffer.from(datagram).toString("latin1");
        const ask = { request: packet, text, peer, socket, link, at: this.#deps.clock.now() };
        // #answer catches what the file source throws; anything else is our bug and costs one
        // request.
        this.#answer(ask).catch((error: unknown) => this.#lament(peer, error));
      } else if (packet !== undefined) {
        // Only in single-port mode does a transfer's own traffic arrive here. Strangers get no
        // answer: most are late copies of a last ACK.
        const slot = this.#open.at(socket, peer);
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
    for (const { session } of this.#open.all()) {
      session?.end({ kind: "failed", reason: "server-stopping" });
    }
    await Promise.all(this.#closing);
    await nextTurn(); // see closeSoon: in single-port mode the shared socket told the clients
  }

  async #answer(ask: Ask): Promise<void> {
    const { peer, link, socket } = ask;
    if (isForeign(peer.address, link, this.#settings)) return this.#ignore(ask, "off-link");
    const decision = decideRequest(ask.request);
    if (decision.kind === "refuse") return this.#refuse(ask, decision);
    if (this.#belongsToOpen(ask, this.#open.at(socket, peer))) return;
    if (this.#stopping) return this.#refuse(ask, Stopping);
    const admission = this.#admit(ask);
    if (admission.kind === "refuse") return this.#refuse(ask, admission);
    if (admission.kind === "ignore") return this.#ignore(ask, admission.reason);
    if (admission.kind === "displace") {
      this.#oldest(ask.at)?.session?.end({ kind: "failed", reason: "displaced" });
    }
    const slot: Slot = { ask };
    this.#open.add(slot);
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

  #admit({ peer, at }: Ask): AdmissionDecision {
    const { size } = this.#open;
    const isFull = size >= this.#settings.transfersMax;
    const oldest = isFull ? this.#oldest(at) : undefined;
    const crowd = {
      open: size,
      ofClient: this.#open.ofClient(peer.address),
      unprovenOfClient: this.#open.unprovenOf(peer.address),
      ...(oldest && { unansweredMs: at - oldest.ask.at }),
    };
    return decideAdmission(crowd, this.#settings);
  }

  #oldest(now: number): Slot | undefined {
    return this.#open.oldestUnanswered(now - patienceMs);
  }

  async #start(slot: Slot, names: readonly string[]): Promise<Refusal | undefined> {
    const { request, peer, socket, link } = slot.ask;
    const limits = limitsOn(link, this.#settings);
    const { singlePort } = this.#settings;
    const client = { ...peer, server: socket.local.address };
    const file = await findFile(this.#deps.files, names, client);
    if (file.kind === "missing") return refuseMissing(file.reason);
    const transfer = decideTransfer(request, file.bytes, limits);
    if (transfer.kind === "refuse") return transfer;
    slot.socket = singlePort ? socket : await this.#openOwnSocket(slot);
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
      stayAwake: (ms) => this.#awake.stay(ms),
    });
    slot.session = session;
  }

  async #openOwnSocket(slot: Slot): Promise<UdpSocket<IpAddress>> {
    const { peer, socket } = slot.ask;
    const where = {
      ...{ address: socket.local.address, port: 0 },
      ...{ receiveBuffer: ownBufferBytes, direct: this.#libc },
    };
    const own = await openUdp(where).catch((error: unknown) => this.#shareSocket(error, socket));
    if (own === socket) return own;
    this.#watch(own);
    own.receive((datagram, from) => {
      const packet = this.#parse(datagram, from);
      if (packet === undefined) return;
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
      const fields = { times, errno: error.details["errno"], open: this.#open.size, cure };
      this.#deps.log.warn("tftp has no socket left and serves by the request port", fields);
    }
    return socket;
  }

  #ignore({ peer }: Ask, reason: "off-link" | "unproven"): void {
    const client = formatIp(peer.address);
    this.#deps.log.debug("tftp request ignored", { client, reason });
    if (reason === "unproven") this.#tellShed(reason);
  }

  #tellShed(reason: string): void {
    const times = this.#shed.happened();
    if (times === undefined) return;
    this.#deps.log.warn("tftp requests turned away", { times, open: this.#open.size, reason });
  }

  #refuse(ask: Ask, refusal: Refusal): void {
    if (refusal === Busy || refusal === ClientBusy) this.#tellShed(refusal.reason);
    ask.socket.send(formatError(refusal.code, refusal.text), ask.peer);
    const ms = this.#deps.clock.now() - ask.at;
    reportRefusal(this.#deps, { peer: ask.peer, request: ask.request, refusal, ms });
  }

  #forget(slot: Slot): void {
    const { socket } = slot.ask;
    this.#open.remove(slot);
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

/** For the ACKs of one client; every one of 500 sockets with room for a rack would be 4 GB. */
const ownBufferBytes = 64 * 1024;

const StrangerError = formatError(TftpErrorCode.unknownTransfer, "unknown transfer");

// What was sent last leaves on a later turn of the event loop, and a closed socket sends nothing.
async function closeSoon(socket: UdpSocket<IpAddress>): Promise<void> {
  await nextTurn();
  await socket[Symbol.asyncDispose]();
}
