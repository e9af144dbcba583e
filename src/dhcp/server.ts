import type { BootEvent, BootFact, EventSink } from "../boot/event.ts";
import type { FindingSink } from "../boot/finding.ts";
import type { LoaderRules } from "../boot/loader-choice.ts";
import { lackedFeatures } from "../boot/next-stage.ts";
import { WireError } from "../errors.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { BoundService } from "../runtime/service.ts";
import { openUdp, type UdpOptions, type UdpPeer, type UdpSocket } from "../runtime/udp.ts";
import { anyAddress, formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import type { Subnet } from "../wire/subnet.ts";
import type { AddressProber } from "./arp-prober.ts";
import { type Binding, listBindings } from "./bindings.ts";
import { clientQuirks } from "./boot-form.ts";
import { type AddressDecision, decideAddress } from "./decide-held.ts";
import { decideProxy, isBootServerSearch, type ProxyDecision } from "./decide-proxy.ts";
import type { FindingChange } from "./decision.ts";
import type { Lease, LeaseChange } from "./lease.ts";
import type { LeaseStore } from "./lease-store.ts";
import { LeaseTable } from "./lease-table.ts";
import type { LinkModes } from "./link-modes.ts";
import { MessageType, OptionCode } from "./options.ts";
import { droppedOptions, formatDhcp, parseDhcp } from "./packet.ts";
import { PoolBook } from "./pool-book.ts";
import { PoolKeeper } from "./pool-keeper.ts";
import { readProbe } from "./probe-packet.ts";
import { ProxyDesk } from "./proxy-desk.ts";
import { describeQuirks } from "./proxy-findings.ts";
import { explainSilence, type SilenceReason } from "./reasons.ts";
import { type DhcpReply, nameOfType } from "./reply.ts";
import { type DhcpRequest, readRequest } from "./request.ts";
import { bookReservations, type ReservationBook } from "./reservations.ts";
import type { DhcpSettings, DhcpSite } from "./settings.ts";

/** An interface to serve, with this host's address on it. */
export type DhcpInterface = {
  readonly device: string;
  readonly address: Ipv4Address;
  readonly subnet: Subnet;
};

export type DhcpServerDeps = {
  readonly links: LinkModes;
  readonly interfaces: readonly DhcpInterface[];
  readonly settings: DhcpSettings;
  readonly leases: LeaseStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly publish: EventSink;
  readonly findings: FindingSink;
  /** Calls back whenever a machine comes for a file, by whatever protocol. */
  readonly onFetch: (listener: (mac: MacAddress) => void) => Disposable;
  readonly httpPort: number;
  /** Asks links whether an address is in use; without one, machines must decline it themselves. */
  readonly prober?: AddressProber;
  /** What loaders there are for whom; absent: the usual ones for everybody. */
  readonly loaders?: LoaderRules;
  /** The well-known ports by default; a client's port is where broadcasts go. */
  readonly ports?: DhcpPorts;
  readonly openSocket?: (options: UdpOptions) => Promise<UdpSocket>;
};

type DhcpPorts = {
  readonly server: number;
  readonly client: number;
  readonly bootServer: number;
};

/** The running part. `replaceSettings` counts from the next message on. */
export type DhcpServer = BoundService & {
  replaceSettings(settings: DhcpSettings): void;
  bindings(): readonly Binding[];
  leases(): readonly Lease[];
  /** What an operator says of leases: as durable as what a client says. */
  keep(changes: readonly LeaseChange[]): void;
  /**
   * How many messages were not answered, by reason; `malformed <field>` for those that do not
   * parse.
   */
  counts(): ReadonlyMap<string, number>;
};

const WellKnownPorts: DhcpPorts = { server: 67, client: 68, bootServer: 4011 };

/** One socket of one interface, and which of the two services it is. */
type Port = {
  readonly device: string;
  readonly socket: UdpSocket;
  readonly site: DhcpSite;
  readonly service: 67 | 4011;
  readonly log: Log;
};

type Decision = AddressDecision | ProxyDecision;

/** Binds every port of every interface or none; answers only after `serve()`. */
export async function openDhcpServer(
  deps: DhcpServerDeps,
  signal: AbortSignal,
): Promise<DhcpServer> {
  await using opening = new AsyncDisposableStack();
  const ports = await bindPorts(deps, opening);
  const exchange = new Exchange(deps);
  opening.use(deps.onFetch((mac) => exchange.sawFetch(mac)));
  opening.use(exchange.keeper);
  const open = opening.move();
  const ended = Promise.withResolvers<void>();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= open.disposeAsync().then(ended.resolve, ended.reject);
    return closing;
  };
  signal.addEventListener("abort", close, { once: true });
  if (signal.aborted) await close();
  return {
    name: "dhcp",
    done: ended.promise,
    serve() {
      const mayGive = ({ device }: DhcpInterface) => deps.links.modeOf(device) !== "proxy";
      if (deps.interfaces.some(mayGive)) exchange.keeper.start();
      for (const port of ports) {
        port.socket.onError((error) => port.log.warn("dhcp send failed", { error: error.message }));
        port.socket.receive((datagram, peer) => exchange.receive(datagram, peer, port));
      }
    },
    replaceSettings: (settings) => exchange.replaceSettings(settings),
    bindings: () => exchange.bindings(),
    leases: () => exchange.leases(),
    keep: (changes) => exchange.keep(changes),
    counts: () => exchange.counts,
    [Symbol.asyncDispose]: close,
  };
}

async function bindPorts(deps: DhcpServerDeps, open: AsyncDisposableStack): Promise<Port[]> {
  const { ports: numbers = WellKnownPorts, openSocket = openUdp, httpPort, loaders } = deps;
  const ports: Port[] = [];
  for (const { device, address, subnet } of deps.interfaces) {
    const site: DhcpSite = { server: address, subnet, httpPort, ...(loaders && { loaders }) };
    const log = deps.log.child({ device });
    const bind = async (service: 67 | 4011, port: number, local: Ipv4Address) => {
      const socket = open.use(await openSocket({ device, port, address: local }));
      ports.push({ device, socket, site, service, log });
    };
    await bind(67, numbers.server, anyAddress); // hears broadcasts
    await bind(4011, numbers.bootServer, address); // unicast, and answers from the address asked
  }
  return ports;
}

/** The way of one datagram: parse, decide, keep, send, publish, one line. Owns all the tables. */
class Exchange {
  readonly #deps: DhcpServerDeps;
  readonly #table: LeaseTable;
  readonly #proxy: ProxyDesk;
  readonly counts = new Map<string, number>();
  #settings: DhcpSettings;
  #reservations: ReservationBook;
  #pools: PoolBook;
  readonly keeper: PoolKeeper;

  constructor(deps: DhcpServerDeps) {
    this.#deps = deps;
    this.#table = new LeaseTable(deps.leases.load());
    this.#proxy = new ProxyDesk(deps.findings);
    this.#settings = deps.settings;
    this.#reservations = bookReservations(deps.settings.reservations);
    this.#pools = this.#openPools();
    const { clock, log, findings, prober } = deps;
    const current = () => ({ settings: this.#settings, pools: this.#pools });
    const keep = (changes: readonly LeaseChange[]) => this.keep(changes);
    this.keeper = new PoolKeeper({
      clock,
      log,
      findings,
      prober,
      table: this.#table,
      keep,
      current,
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

  bindings(): readonly Binding[] {
    return listBindings(this.#table.all(), this.#settings.reservations, this.#deps.clock.now());
  }

  leases(): readonly Lease[] {
    return this.#table.all();
  }

  sawFetch(mac: MacAddress): void {
    this.#proxy.sawFetch(mac, this.#deps.clock.now());
  }

  receive(datagram: Uint8Array, peer: UdpPeer, port: Port): void {
    try {
      const result = readRequest(parseDhcp(datagram));
      if (result.kind === "ignore") this.#ignore(result.reason, port);
      else this.#answer(result.request, peer, port);
    } catch (error) {
      if (error instanceof WireError) this.#malformed(error, port);
      else this.#failed(error, peer, port);
    }
  }

  #answer(request: DhcpRequest, peer: UdpPeer, port: Port): void {
    if (this.#deps.links.overhear(port.device, request)) {
      this.#ignore("own-probe", port, request);
      return;
    }
    this.#publish(request, port, { direction: "in", message: nameOfType(request.type) });
    const decision = this.#decide(request, port);
    if (decision.kind === "reply") this.#send(decision, request, { peer, port });
    else if (decision.kind === "record") this.#recorded(decision.reason, request, port);
    else this.#ignore(decision.reason, port, request);
  }

  #decide(request: DhcpRequest, port: Port): Decision {
    const { site, service } = port;
    const settings = this.#settings;
    const now = this.#deps.clock.now();
    const mode = this.#deps.links.modeOf(port.device);
    if (service === 67 && !isBootServerSearch(request, settings)) {
      const known = { settings, reservations: this.#reservations };
      const tables = { leases: this.#table, free: this.#pools };
      const context = { ...known, ...tables, site, now };
      const decision = decideAddress(mode, request, context);
      if (decision !== undefined) return this.#addressed(decision, request, site);
    }
    // A probe goes on to no boot, and must not look like firmware that liked no answer.
    if (service === 67 && readProbe(request.message)) {
      return decideProxy(request, { site, settings, now });
    }
    const asked = mode === "full" ? 4011 : service;
    return this.#proxy.decide(request, { service: asked, site, settings, now });
  }

  #addressed(decision: AddressDecision, request: DhcpRequest, site: DhcpSite): AddressDecision {
    if (decision.kind !== "ignore") {
      this.keep(decision.changes);
      this.keeper.decided(decision.changes);
    } else if (decision.reason === "pool-exhausted") {
      this.keeper.refused(request.message.giaddr || site.server);
    }
    if ("findings" in decision) this.#tell(decision.findings ?? []);
    return decision;
  }

  // Disk first: when it fails, the tables and the client stay as they were.
  keep(changes: readonly LeaseChange[]): void {
    const durable = changes.flatMap((change) => (change.kind === "lease" ? [change.lease] : []));
    if (durable.length > 0) this.#deps.leases.save(durable);
    this.#table.apply(changes);
    this.#pools.apply(changes);
  }

  #tell(changes: readonly FindingChange[]): void {
    for (const change of changes) {
      if (change.kind === "raise") this.#deps.findings.raise(change.finding);
      else this.#deps.findings.clear(change);
    }
  }

  #send(
    decision: Decision & { reply: DhcpReply },
    request: DhcpRequest,
    { peer, port }: { peer: UdpPeer; port: Port },
  ): void {
    const { message, to, maxBytes } = decision.reply;
    const { server, client } = this.#deps.ports ?? WellKnownPorts;
    const numbers = { server, client, "same-as-sender": peer.port };
    const bytes = formatDhcp(message, maxBytes);
    port.socket.send(bytes, { address: to.address, port: numbers[to.port] });
    this.#sent(decision, request, port);
    const quirks = clientQuirks(request.client, this.#settings);
    if (quirks.names.length === 0) return;
    this.#deps.findings.raise(describeQuirks(request.client, request.key, quirks));
  }

  #sent(decision: Decision & { reply: DhcpReply }, request: DhcpRequest, port: Port): void {
    const { reply, reason } = decision;
    const { message, maxBytes } = reply;
    const dropped = droppedOptions(message, maxBytes);
    const quirks = clientQuirks(request.client, this.#settings).names;
    const type = nameOfType(message.options.get(OptionCode.messageType)?.[0]);
    const { yiaddr, ciaddr, file } = message;
    const address = type === "ack" ? yiaddr || ciaddr : 0;
    this.#publish(request, port, {
      direction: "out",
      message: type,
      reason,
      ...(file !== "" && { file }),
      ...(address !== 0 && { address }),
    });
    port.log.info("dhcp decision", {
      ...fieldsOf(request, port),
      decision: type,
      reason,
      ...(yiaddr !== 0 && { address: formatIpv4(yiaddr) }),
      ...(file !== "" && { file }),
      ...(dropped.length > 0 && { dropped }),
      to: formatIpv4(reply.to.address),
      ...(quirks.length > 0 && { quirks }),
    });
  }

  #recorded(reason: string, request: DhcpRequest, port: Port): void {
    port.log.info("dhcp decision", { ...fieldsOf(request, port), decision: "record", reason });
  }

  #ignore(reason: SilenceReason, port: Port, request?: DhcpRequest): void {
    this.#count(reason);
    const fields = request ? fieldsOf(request, port) : { port: port.service };
    const why = explainSilence(reason, request);
    port.log.debug("dhcp decision", { ...fields, decision: "ignore", reason, why });
  }

  #malformed(error: WireError, port: Port): void {
    this.#count(`malformed ${String(error.details["field"])}`);
    port.log.debug("dhcp message malformed", { port: port.service, error: error.message });
  }

  // A bug, or a disk that took no lease: it costs this message and nothing else.
  #failed(error: unknown, peer: UdpPeer, port: Port): void {
    const cause = error instanceof Error ? { error: error.message, stack: error.stack } : { error };
    port.log.error("dhcp message failed", { peer: formatIpv4(peer.address), ...cause });
  }

  #count(reason: string): void {
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1);
  }

  #publish(request: DhcpRequest, port: Port, part: PublishedPart): void {
    if (readProbe(request.message)) return; // no machine
    const { identity, stage, arch } = request.client;
    const seen = part.direction === "in" ? this.#addressSeen(request, port) : undefined;
    this.#deps.publish({
      kind: "dhcp",
      port: port.service,
      stage: stage.kind,
      ...(identity.mac && { mac: identity.mac }),
      ...(arch && { arch: arch.name }),
      ...(stage.kind === "ipxe" && { lacks: lackedFeatures(stage.features, arch) }),
      ...(stage.kind === "ipxe" && stage.nic && { nic: stage.nic }),
      ...(seen && { address: seen }),
      ...part,
    });
  }

  // Beside another server, a client's REQUEST is the only sight of the address that it gets. In
  // full mode our ACK says it, and what a client merely asks for is not yet its own.
  #addressSeen(request: DhcpRequest, port: Port): Ipv4Address | undefined {
    if (this.#deps.links.modeOf(port.device) === "full") return undefined;
    const { type, requested, message } = request;
    const asked = type === MessageType.request ? requested : undefined;
    return asked ?? (message.ciaddr || undefined);
  }
}

type PublishedPart = Pick<BootEvent, "address"> &
  Pick<Extract<BootFact, { kind: "dhcp" }>, "direction" | "message" | "reason" | "file">;

function fieldsOf({ key, client, type }: DhcpRequest, port: Port): Record<string, unknown> {
  return {
    mac: key,
    message: nameOfType(type),
    port: port.service,
    class: client.clientClass,
    ...(client.arch && { arch: client.arch.name }),
  };
}
