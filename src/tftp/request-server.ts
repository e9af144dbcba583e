import { Notice } from "../runtime/notice.ts";
import type { UdpPeer, UdpSocket } from "../runtime/udp.ts";
import { formatIp, type IpAddress } from "../wire/ip.ts";
import { type AdmissionDecision, decideAdmission, isForeign } from "./admission.ts";
import type { TftpDeps, TftpSettings } from "./deps.ts";
import { findFile } from "./file-source.ts";
import type { TftpLink } from "./link.ts";
import { limitsOn } from "./negotiate.ts";
import { formatError } from "./packet.ts";
import { reportRefusal } from "./report.ts";
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
import { meaningOfRequest, outcomeOfRestart } from "./transfer.ts";
import { hear, type TransferServer } from "./transfer-server.ts";
import type { Ask, Slot } from "./transfer-table.ts";

/** Where requests come in (`ear`) and from where they are answered, which is the same most often. */
export type Door = {
  readonly link: TftpLink;
  readonly socket: UdpSocket<IpAddress>;
  readonly ear: UdpSocket<IpAddress>;
};

/** Hears requests: refuses them, or finds their file and has a transfer started. */
export class RequestServer {
  readonly #deps: TftpDeps;
  readonly #transfers: TransferServer;
  readonly #shed: Notice;
  #settings: TftpSettings;

  constructor(deps: TftpDeps, transfers: TransferServer) {
    this.#deps = deps;
    this.#transfers = transfers;
    this.#shed = new Notice(deps.clock.now);
    this.#settings = deps.settings;
  }

  replaceSettings(settings: TftpSettings): void {
    this.#settings = settings;
  }

  serve({ link, socket, ear }: Door): void {
    hear(ear, this.#deps.log, ({ packet, datagram, peer }) => {
      if (packet.kind === "read-request" || packet.kind === "write-request") {
        const text = Buffer.from(datagram).toString("latin1");
        const ask = { request: packet, text, peer, socket, link, at: this.#deps.clock.now() };
        // #answer catches what the file source throws; anything else is our bug and costs one
        // request.
        this.#answer(ask).catch((error: unknown) => this.#lament(peer, error));
      } else {
        // Only in single-port mode does a transfer's own traffic arrive here. Strangers get no
        // answer: most are late copies of a last ACK.
        const slot = this.#transfers.open.at(socket, peer);
        if (slot?.socket === socket) slot.session?.receive(packet);
      }
    });
  }

  async #answer(ask: Ask): Promise<void> {
    const { peer, link, socket } = ask;
    const { open } = this.#transfers;
    if (isForeign(peer.address, link, this.#settings)) return this.#ignore(ask, "off-link");
    const decision = decideRequest(ask.request);
    if (decision.kind === "refuse") return this.#refuse(ask, decision);
    if (this.#belongsToOpen(ask, open.at(socket, peer))) return;
    if (this.#transfers.isStopping) return this.#refuse(ask, Stopping);
    const admission = this.#admit(ask);
    if (admission.kind === "refuse") return this.#refuse(ask, admission);
    if (admission.kind === "ignore") return this.#ignore(ask, admission.reason);
    if (admission.kind === "displace") {
      const oldest = open.oldestUnanswered(admission.whose === "client" ? peer.address : undefined);
      oldest?.session?.end({ kind: "failed", reason: "displaced" });
    }
    const slot: Slot = { ask };
    open.add(slot);
    try {
      const refusal = await this.#start(slot, decision.names);
      if (refusal !== undefined) this.#refuse(ask, refusal);
    } catch (error) {
      this.#lament(ask.peer, error);
      this.#refuse(ask, Unreadable);
    } finally {
      if (slot.session === undefined) this.#transfers.forget(slot);
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

  #admit({ peer: { address }, at }: Ask): AdmissionDecision {
    const { open } = this.#transfers;
    const isFull = open.size >= this.#settings.transfersMax;
    const oldest = isFull ? open.oldestUnanswered() : undefined;
    const own = open.ofClient(address) > 0 ? open.oldestUnanswered(address) : undefined;
    const crowd = {
      open: open.size,
      ofClient: open.ofClient(address),
      unprovenOfClient: open.unprovenOf(address),
      ...(oldest && { unansweredMs: at - oldest.ask.at }),
      ...(own && { unansweredOfClientMs: at - own.ask.at }),
    };
    return decideAdmission(crowd, this.#settings);
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
    return this.#transfers.start(slot, { ...transfer, file: file.name, singlePort });
  }

  #ignore({ peer }: Ask, reason: "off-link" | "unproven"): void {
    const client = formatIp(peer.address);
    this.#deps.log.debug("tftp request ignored", { client, reason });
    if (reason === "unproven") this.#tellShed(reason);
  }

  #tellShed(reason: string): void {
    const times = this.#shed.happened();
    if (times === undefined) return;
    const open = this.#transfers.open.size;
    this.#deps.log.warn("tftp requests turned away", { times, open, reason });
  }

  #refuse(ask: Ask, refusal: Refusal): void {
    if (refusal === Busy || refusal === ClientBusy) this.#tellShed(refusal.reason);
    ask.socket.send(formatError(refusal.code, refusal.text), ask.peer);
    const ms = this.#deps.clock.now() - ask.at;
    reportRefusal(this.#deps, { peer: ask.peer, request: ask.request, refusal, ms });
  }

  #lament(peer: UdpPeer<IpAddress>, error: unknown): void {
    const cause = error instanceof Error ? error.stack : String(error);
    this.#deps.log.error("tftp request failed", { client: formatIp(peer.address), cause });
  }
}
