import { WireError } from "../errors.ts";
import type { UdpPeer, UdpSocket } from "../runtime/udp.ts";
import type { MacAddress } from "../wire/mac.ts";
import { subnetContains } from "../wire/subnet.ts";
import { type Binding, listBindings } from "./bindings.ts";
import { CloneWatch } from "./clone-watch.ts";
import { type AddressDecision, decideAddress } from "./decide-held.ts";
import { decideProxy, isBootServerSearch, type ProxyDecision } from "./decide-proxy.ts";
import type { FindingChange } from "./decision.ts";
import type { Lease, LeaseChange } from "./lease.ts";
import { anchorTime, LeaseClock, readClocks } from "./lease-clock.ts";
import { type Keeping, type KeepingRefusal, type KeptTables, LeaseKeeper } from "./lease-keeper.ts";
import { LeaseTable } from "./lease-table.ts";
import { formatDhcp, parseDhcp } from "./packet.ts";
import { PoolBook } from "./pool-book.ts";
import { PoolKeeper } from "./pool-keeper.ts";
import { readProbe } from "./probe-packet.ts";
import { ProxyDesk } from "./proxy-desk.ts";
import { DhcpReport, type ReportedPort } from "./report.ts";
import { type DhcpRequest, readRequest } from "./request.ts";
import { bookReservations, type ReservationBook } from "./reservations.ts";
import type { DhcpPorts, DhcpServerDeps } from "./server.ts";
import type { DhcpScope, DhcpSettings, DhcpSite } from "./settings.ts";

/** One socket of one interface, and which of the two services it is. */
export type Port = ReportedPort & { readonly socket: UdpSocket; readonly site: DhcpSite };

type Decision = AddressDecision | ProxyDecision;

/** Where a message came from, and by what. */
type Origin = { readonly peer: UdpPeer; readonly port: Port };

/** The way of one datagram: parse, decide, keep, send, report. Owns all the tables. */
export class Exchange implements AsyncDisposable {
  readonly #deps: DhcpServerDeps;
  readonly #ports: DhcpPorts;
  readonly #table: LeaseTable;
  readonly #keeper: LeaseKeeper;
  readonly #time: LeaseClock;
  readonly #proxy: ProxyDesk;
  readonly #clones: CloneWatch;
  readonly report: DhcpReport;
  #settings: DhcpSettings;
  #reservations: ReservationBook;
  #pools: PoolBook;
  readonly poolKeeper: PoolKeeper;
  #closed = false;

  constructor(deps: DhcpServerDeps, ports: DhcpPorts) {
    const { clock, log, findings, leases: store } = deps;
    this.#deps = deps;
    this.#ports = ports;
    this.report = new DhcpReport(deps);
    this.#proxy = new ProxyDesk(findings);
    this.#clones = new CloneWatch(findings);
    this.#table = new LeaseTable(store.loaded.leases);
    const reading = readClocks(clock);
    const anchor = anchorTime(store.loaded.mark, reading);
    if (anchor.kind === "clock-leapt" || anchor.kind === "clock-went-back") {
      const fields = { reason: anchor.kind, leases: this.#table.size };
      log.warn("clock is not believed; leases keep what was left of them", fields);
    }
    this.#time = new LeaseClock(anchor, clock.monotonic ?? clock.now, reading.uptime?.boot);
    const parts = { store, time: this.#time, clock, log, findings };
    this.#keeper = new LeaseKeeper({ ...parts, table: this.#tables() });
    this.#settings = deps.settings;
    this.#reservations = bookReservations(deps.settings.reservations);
    this.#pools = this.#openPools();
    this.poolKeeper = new PoolKeeper({
      clock: { now: () => this.#time.now(), after: clock.after },
      log,
      findings,
      prober: deps.prober,
      table: this.#table,
      keep: (changes) => this.#keeper.keep(changes, () => {}),
      gives: (scope) => this.#gives(scope),
      current: () => ({ settings: this.#settings, pools: this.#pools }),
    });
  }

  replaceSettings(settings: DhcpSettings): void {
    this.#settings = settings;
    this.#reservations = bookReservations(settings.reservations);
    this.#pools = this.#openPools();
  }

  #openPools(): PoolBook {
    const { graceSeconds, poolGuard: limits } = this.#settings;
    const own = this.#deps.interfaces.map(({ address }) => address);
    const reservations = this.#reservations;
    return new PoolBook({ table: this.#table, reservations, own, graceSeconds, limits });
  }

  // In `full` mode only. A subnet of no link is behind a relay, which has no mode.
  #gives({ subnet }: DhcpScope): boolean {
    const { interfaces, links } = this.#deps;
    const on = interfaces.filter((link) => subnetContains(link.subnet, subnet.network));
    return on.length === 0 || on.some(({ device }) => links.modeOf(device) === "full");
  }

  // The free lists follow each change, and each one that is taken back.
  #tables(): KeptTables {
    const table = this.#table;
    return {
      leaseAt: table.leaseAt,
      all: () => table.all(),
      get size() {
        return table.size;
      },
      apply: (changes) => {
        table.apply(changes);
        this.#pools.apply(changes);
      },
      restore: (address, lease) => {
        table.restore(address, lease);
        this.#pools.restored(address);
      },
    };
  }

  bindings(): readonly Binding[] {
    const { reservations } = this.#settings;
    const sources = { leases: this.#table.all(), offers: this.#table.offers(), reservations };
    return listBindings(sources, this.#time.now());
  }

  leases(): readonly Lease[] {
    return this.#table.all();
  }

  /** Changes that no message asked for; resolves when it is known what became of them. */
  keep(changes: readonly LeaseChange[]): Promise<Keeping> {
    return new Promise((resolve) => this.#keeper.keep(changes, resolve));
  }

  sawFetch(mac: MacAddress): void {
    this.#proxy.sawFetch(mac, this.#time.now());
  }

  receive(datagram: Uint8Array, peer: UdpPeer, port: Port): void {
    if (this.#closed) return;
    this.#guard({ peer, port }, () => {
      const result = readRequest(parseDhcp(datagram));
      if (result.kind === "ignore") this.report.ignored(result.reason, port);
      else this.#answer(result.request, { peer, port });
    });
  }

  /** Hears nothing more; resolves when the replies that waited for the disk are sent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#keeper[Symbol.asyncDispose]();
  }

  #answer(request: DhcpRequest, origin: Origin): void {
    const { port } = origin;
    if (this.#deps.links.overhear(port.device, request)) {
      this.report.ignored("own-probe", port, request);
      return;
    }
    this.report.heard(request, port);
    this.#clones.saw(request.client.identity, this.#time.now());
    const decision = this.#decide(request, port);
    if (!("changes" in decision)) this.#conclude(decision, request, origin);
    else {
      this.#keeper.keep(decision.changes, (keeping) => {
        this.#guard(origin, () => {
          const concluded = afterKeeping(decision, keeping, this.#table);
          if (concluded === decision) {
            this.poolKeeper.decided(decision.changes);
            if ("findings" in decision) this.#tell(decision.findings ?? []);
          }
          this.#conclude(concluded, request, origin);
        });
      });
    }
  }

  #decide(request: DhcpRequest, { device, site, service }: Port): Decision {
    const settings = this.#settings;
    const now = this.#time.now();
    const mode = this.#deps.links.modeOf(device);
    if (service === 67 && !isBootServerSearch(request, settings)) {
      const known = { settings, reservations: this.#reservations };
      const tables = { leases: this.#table, free: this.#pools };
      const decision = decideAddress(mode, request, { ...known, ...tables, site, now });
      if (decision?.kind === "ignore" && decision.reason === "pool-exhausted") {
        this.poolKeeper.refused(request.message.giaddr || site.server);
      }
      if (decision !== undefined) return decision;
    }
    // A probe goes on to no boot, and must not look like firmware that liked no answer.
    if (service === 67 && readProbe(request.message)) {
      return decideProxy(request, { site, settings, now });
    }
    const asked = mode === "full" ? 4011 : service;
    return this.#proxy.decide(request, { service: asked, site, settings, now });
  }

  #tell(changes: readonly FindingChange[]): void {
    for (const change of changes) {
      if (change.kind === "raise") this.#deps.findings.raise(change.finding);
      else this.#deps.findings.clear(change);
    }
  }

  #conclude(decision: Concluded, request: DhcpRequest, { peer, port }: Origin): void {
    if (decision.kind === "ignore") this.report.ignored(decision.reason, port, request);
    else if (decision.kind === "record") this.report.recorded(decision.reason, request, port);
    else {
      const { message, to, maxBytes } = decision.reply;
      const { server, client } = this.#ports;
      const numbers = { server, client, "same-as-sender": peer.port };
      const bytes = formatDhcp(message, maxBytes);
      port.socket.send(bytes, { address: to.address, port: numbers[to.port] });
      this.report.sent(decision, request, { port, settings: this.#settings });
    }
  }

  // A bug costs one message and nothing else, whether it is met before or after the disk was.
  #guard({ peer, port }: Origin, task: () => void): void {
    try {
      task();
    } catch (error) {
      if (error instanceof WireError) this.report.malformed(error, port);
      else this.report.failed(error, peer.address, port);
    }
  }
}

type Refused = { readonly kind: "ignore"; readonly reason: KeepingRefusal | "lease-ended" };
type Concluded = Decision | Refused;

// RFC 2131 §4.3.1: no ACK for what is not on disk. The client asks again.
function afterKeeping(decision: Decision, keeping: Keeping, leases: LeaseTable): Concluded {
  if (keeping !== "durable" && keeping !== "in-memory") return { kind: "ignore", reason: keeping };
  return hasEnded(decision, leases) ? { kind: "ignore", reason: "lease-ended" } : decision;
}

// Its client gave the lease back while the disk was busy with it: the ACK would come after the RELEASE,
// for an address that may be another's by now.
function hasEnded(decision: Decision, { leaseAt }: LeaseTable): boolean {
  if (decision.kind !== "reply" || !("changes" in decision)) return false;
  const { yiaddr } = decision.reply.message;
  return decision.changes.some((change) => {
    if (change.kind !== "lease" || change.lease.address !== yiaddr) return false;
    const lease = leaseAt(yiaddr);
    return lease?.state !== "bound" || lease.key !== change.lease.key;
  });
}
