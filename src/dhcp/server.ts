import type { EventSink } from "../boot/event.ts";
import type { FindingSink } from "../boot/finding.ts";
import type { LoaderRules } from "../boot/loader-choice.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { BoundService } from "../runtime/service.ts";
import { openUdp, type UdpOptions, type UdpSocket } from "../runtime/udp.ts";
import { anyAddress, type Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import type { Subnet } from "../wire/subnet.ts";
import type { AddressProber } from "./arp-prober.ts";
import type { Binding } from "./bindings.ts";
import { Exchange, type Port } from "./exchange.ts";
import type { Lease, LeaseChange } from "./lease.ts";
import type { Keeping } from "./lease-keeper.ts";
import type { LeaseStore } from "./lease-store.ts";
import type { LinkModes } from "./link-modes.ts";
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

export type DhcpPorts = {
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
  keep(changes: readonly LeaseChange[]): Promise<Keeping>;
  /**
   * How many messages were not answered, by reason; `malformed <field>` for those that do not
   * parse.
   */
  counts(): ReadonlyMap<string, number>;
};

const WellKnownPorts: DhcpPorts = { server: 67, client: 68, bootServer: 4011 };

/** Binds every port of every interface or none; answers only after `serve()`. */
export async function openDhcpServer(
  deps: DhcpServerDeps,
  signal: AbortSignal,
): Promise<DhcpServer> {
  await using opening = new AsyncDisposableStack();
  const ports = await bindPorts(deps, opening);
  // Opened after the sockets, so closed before: what waits for the disk can still be sent.
  const exchange = opening.use(new Exchange(deps, deps.ports ?? WellKnownPorts));
  opening.use(deps.onFetch((mac) => exchange.sawFetch(mac)));
  opening.use(exchange.poolKeeper);
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
      if (deps.interfaces.some(mayGive)) exchange.poolKeeper.start();
      for (const port of ports) {
        port.socket.onError((error) => port.log.warn("dhcp send failed", { error: error.message }));
        port.socket.receive((datagram, peer) => exchange.receive(datagram, peer, port));
      }
    },
    replaceSettings: (settings) => exchange.replaceSettings(settings),
    bindings: () => exchange.bindings(),
    leases: () => exchange.leases(),
    keep: (changes) => exchange.keep(changes),
    counts: () => exchange.report.counts,
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
