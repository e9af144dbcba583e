import type { Finding, FindingSink } from "../boot/finding.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import { addressServers, type ForeignServer } from "./foreign.ts";
import { findingsOf } from "./foreign-findings.ts";
import { linkFindings } from "./link-findings.ts";
import {
  decideMode,
  firstMode,
  type LiveMode,
  type ModeEvent,
  type ModeReason,
  type ModeSettings,
  type ModeState,
  quietProbes,
} from "./mode.ts";
import { MessageType } from "./options.ts";
import type { LinkProbe } from "./probe.ts";
import { readProbe } from "./probe-packet.ts";
import type { DhcpRequest } from "./request.ts";

/** What the device says of itself, read again and again. */
export type LinkState = {
  /** How often the carrier came up since the device was made, as far as the kernel tells. */
  readonly carrierUps: number | undefined;
  readonly address: Ipv4Address | undefined;
};

/** What an operator decides about looking; the times in milliseconds. */
export type WatchSettings = ModeSettings & {
  readonly listenMs: number;
  readonly everyMs: number;
};

export type LinkWatchDeps = {
  readonly device: string;
  readonly address: Ipv4Address;
  /** Every address of this host that is served: what comes from there is our own. */
  readonly own: ReadonlySet<Ipv4Address>;
  readonly settings: WatchSettings;
  readonly probe: Pick<LinkProbe, "ask" | "onOverheard">;
  readonly linkState: () => LinkState;
  /** When the carrier came up, as far back as it can be known. */
  readonly linkUpAt: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly findings: FindingSink;
  readonly changed: (mode: LiveMode, reason: ModeReason) => void;
  /** From 0 up to 1. */
  readonly random: () => number;
};

/** How often the device is looked at, ms. */
const lookMs = 2000;
/** Probes in their turn come up to this part early or late. */
const turnJitter = 0.1;

/** One link, watched: its live mode, and what stands on it as findings. */
export class LinkWatch implements Disposable {
  readonly #deps: LinkWatchDeps;
  #state: ModeState;
  #link: LinkState;
  /** Those that were met, and how many probes ago. */
  #met: readonly { readonly server: ForeignServer; readonly missed: number }[] = [];
  #raised: readonly Finding[] = [];
  /** Last server that was only overheard, by its id. */
  #heardId: Ipv4Address | undefined;
  #isAsking = false;
  #askAgain = false;
  #isClosed = false;
  #turn: Disposable | undefined;
  #looking: Disposable | undefined;

  constructor(deps: LinkWatchDeps) {
    this.#deps = deps;
    this.#state = firstMode(deps.settings, deps.clock.now(), deps.linkUpAt);
    this.#link = deps.linkState();
    deps.probe.onOverheard((server) => {
      if (!server.isProxy) this.#overhear(server.serverId);
    });
  }

  get mode(): LiveMode {
    return this.#state.kind;
  }

  start(): void {
    this.#deps.changed(this.#state.kind, "link-up");
    this.#looking = this.#deps.clock.after(lookMs, () => this.#look());
    this.#ask();
  }

  /**
   * A message that a client sent here; true for a probe that is not to be answered: our own, or the
   * rival's while it is open who serves the link.
   */
  overhear({ message, type, serverId, serverOverride }: DhcpRequest): boolean {
    const probe = type === MessageType.discover ? readProbe(message) : undefined;
    if (probe?.kind === "watch") {
      if (this.#deps.own.has(probe.from)) return true;
      if (probe.from < this.#deps.address) this.#take({ kind: "peer-probing" });
      return false;
    }
    // A relayed one was not said on this link, and there option 54 may be the relay's (RFC 5107).
    const local = message.giaddr === 0 && serverOverride === undefined;
    if (type === MessageType.request && local && serverId !== undefined) this.#overhear(serverId);
    return false;
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#turn?.[Symbol.dispose]();
    this.#looking?.[Symbol.dispose]();
  }

  #overhear(serverId: Ipv4Address): void {
    if (this.#deps.own.has(serverId)) return;
    this.#heardId = serverId;
    this.#take({ kind: "overheard" });
  }

  #look(): void {
    const before = this.#link;
    this.#link = this.#deps.linkState();
    const { carrierUps, address } = this.#link;
    if (address !== before.address) this.#take({ kind: "address-changed" });
    if (carrierUps !== before.carrierUps) this.#take({ kind: "link-up" });
    this.#looking = this.#deps.clock.after(lookMs, () => this.#look());
  }

  #ask(): void {
    this.#turn?.[Symbol.dispose]();
    if (this.#isAsking) {
      this.#askAgain = true;
      return;
    }
    this.#isAsking = true;
    void this.#deps.probe.ask(this.#deps.settings.listenMs).then((answers) => {
      this.#isAsking = false;
      if (!this.#isClosed) this.#answered(answers);
    });
  }

  #answered(answers: readonly ForeignServer[]): void {
    const { own } = this.#deps;
    const foreign = answers.filter(({ serverId }) => !own.has(serverId));
    const ids = new Set(foreign.map(({ serverId }) => serverId));
    const missing = this.#met.filter(({ server }) => !ids.has(server.serverId));
    this.#met = [
      ...foreign.map((server) => ({ server, missed: 0 })),
      ...missing.flatMap(({ server, missed }) => {
        return missed + 1 < quietProbes ? [{ server, missed: missed + 1 }] : [];
      }),
    ];
    const again = this.#askAgain;
    this.#askAgain = false;
    // What was heard before the link changed says nothing of the link as it is.
    if (again) this.#ask();
    else this.#take({ kind: "probed", servers: addressServers(foreign).length });
  }

  #take(event: ModeEvent): void {
    if (this.#isClosed) return;
    const { settings, clock, log, changed } = this.#deps;
    const before = this.#state;
    const decision = decideMode(before, event, { settings, now: clock.now() });
    this.#state = decision.state;
    const { kind } = decision.state;
    if (kind !== before.kind) {
      log.info("dhcp mode", { from: before.kind, mode: kind, reason: decision.reason });
      changed(kind, decision.reason);
    } else {
      log.debug("dhcp mode", { mode: kind, event: event.kind, reason: decision.reason });
    }
    this.#tell();
    if (decision.next === "now") this.#ask();
    else if (event.kind === "probed") this.#waitTurn();
  }

  #waitTurn(): void {
    const { settings, random, clock } = this.#deps;
    const ms = settings.everyMs * (1 + turnJitter * (2 * random() - 1));
    this.#turn?.[Symbol.dispose]();
    this.#turn = clock.after(ms, () => this.#ask());
  }

  #tell(): void {
    const { device, own, settings, findings } = this.#deps;
    const link = { device, own, mode: this.#state.kind, wantsFull: settings.wanted === "full" };
    const heard = this.#heardId === undefined ? undefined : formatIpv4(this.#heardId);
    const now = [
      ...findingsOf(
        this.#met.map(({ server }) => server),
        link,
      ),
      ...linkFindings(this.#state, { ...link, heard }),
    ];
    const held = new Set(now.map(({ code, subject }) => `${code} ${subject}`));
    for (const finding of this.#raised) {
      if (!held.has(`${finding.code} ${finding.subject}`)) findings.clear(finding);
    }
    for (const finding of now) findings.raise(finding);
    this.#raised = now;
  }
}
