/**
 * The composition root: from a configuration to services that run. It makes the parts, fits each one's
 * small interfaces to the others, binds every port before one is served, then gives up root. It decides
 * nothing about a protocol.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { type LoaderLibrary, openLoaderLibrary } from "./assets/loader-library.ts";
import { needRestart } from "./config/changes.ts";
import { formatProblems } from "./config/load.ts";
import { describeHolder, wantedPorts } from "./config/ports.ts";
import type { Resolution, ValidConfig } from "./config/resolve.ts";
import type { Config } from "./config/schema.ts";
import { fitSettings, type PartSettings } from "./daemon-settings.ts";
import { databaseFiles, openLeaseStore } from "./dhcp/lease-store.ts";
import { type DhcpServer, openDhcpServer } from "./dhcp/server.ts";
import type { BindingReader } from "./dns/live-zones.ts";
import { type DnsServer, openDnsServer } from "./dns/server.ts";
import { KindlingError } from "./errors.ts";
import type { Signer } from "./http/deps.ts";
import { openHttpServer } from "./http/server.ts";
import { openSigner } from "./http/signer.ts";
import { readCredentials } from "./rpc/credentials.ts";
import { openRpcServer } from "./rpc/server.ts";
import { systemClock } from "./runtime/clock.ts";
import { EventBus } from "./runtime/event-bus.ts";
import { watchPath } from "./runtime/file-watch.ts";
import { watchInterfaces } from "./runtime/interface-watch.ts";
import { findInterfaces, type ServedInterface } from "./runtime/interfaces.ts";
import { type Log, openLog } from "./runtime/log.ts";
import { openMetrics } from "./runtime/metrics.ts";
import { findPortHolders } from "./runtime/port-holder.ts";
import { type Account, becomeUser, handOver, readAccount } from "./runtime/privileges.ts";
import { openServiceManager } from "./runtime/sd-notify.ts";
import type { BoundService } from "./runtime/service.ts";
import { supervise } from "./runtime/supervise.ts";
import type { Catalog } from "./store/catalog.ts";
import { FileStore } from "./store/file-store.ts";
import { FileWriter } from "./store/file-writer.ts";
import { openTextEngines } from "./text-engines.ts";
import { openTftpServer, type TftpServer } from "./tftp/server.ts";
import { parseIpv4 } from "./wire/ipv4.ts";

export type DaemonOptions = {
  readonly version: string;
  readonly configuration: ValidConfig;
  /** Resolves the sources again, for a reload. */
  readonly reload: () => Promise<Resolution>;
  readonly configFile: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly onHangup: (task: () => void) => Disposable;
};

/** What the parts are made from, and what closes them: the last opened first. */
type House = {
  readonly options: DaemonOptions;
  readonly config: Config;
  readonly served: readonly ServedInterface[];
  readonly settings: PartSettings;
  readonly account: Account | undefined;
  readonly bus: EventBus;
  readonly log: Log;
  readonly resources: AsyncDisposableStack;
};

/** The parts whose settings follow a reload. */
type LiveParts = {
  readonly dhcp: DhcpServer | undefined;
  readonly tftp: TftpServer | undefined;
  readonly dns: DnsServer | undefined;
};

/** Runs until the signal fires or a service fails; resolves when everything is closed. */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  const { configuration, signal } = options;
  const { config } = configuration;
  const served = findInterfaces(config.interfaces);
  await using resources = new AsyncDisposableStack();
  const house: House = {
    options,
    config,
    served,
    settings: fitSettings(configuration, served),
    account: config.user === "" ? undefined : readAccount(config.user),
    bus: new EventBus(systemClock),
    log: await openLog(config.log),
    resources,
  };
  const { log, account } = house;
  const paths = pathsToHandOver(config); // before we make some of them
  const { live, services } = await openParts(house).catch((error: unknown) => {
    return nameHolder(error, config);
  });
  if (account !== undefined) {
    handOver(paths, account);
    becomeUser(account);
  }
  for (const service of services) service.serve();
  using manager = openServiceManager(options.environment);
  using _reload = followConfiguration(house, live);
  manager.tell("READY=1");
  log.info("kindling serves", {
    version: options.version,
    mode: config.dhcp.mode,
    interfaces: config.interfaces,
    services: services.map(({ name }) => name),
  });
  const stopping = (): void => {
    manager.tell("STOPPING=1");
    log.info("kindling stops", { reason: signal.reason });
  };
  signal.addEventListener("abort", stopping, { once: true });
  const devices = config.interfaces;
  const watch = resources.use(watchInterfaces({ devices, clock: systemClock, log }));
  await supervise([...services, watch], resources, { signal, log });
}

// Made by us, the socket's folder becomes the user's, who may then remove the socket at the end.
function pathsToHandOver({ state, admin }: Config): readonly string[] {
  const folder = dirname(admin.socket);
  const socket = admin.socket === "" ? [] : [admin.socket, ...(existsSync(folder) ? [] : [folder])];
  return [state.folder, ...databaseFiles(leaseFile(state)), ...socket];
}

function leaseFile({ folder }: Config["state"]): string {
  return join(folder, "leases.db");
}

async function openParts(
  house: House,
): Promise<{ live: LiveParts; services: readonly BoundService[] }> {
  const { log } = house;
  const loaders = openLoaderLibrary({ folders: house.config.loaders.folders });
  const dhcp = await openDhcp(house);
  const tftp = await openTftp(house, loaders);
  const dns = await openDns(house, dhcp);
  const { folder } = house.config.data;
  const catalog = new FileStore({ folder, log: log.child({ part: "store" }), clock: systemClock });
  const http = await openHttp(house, { dhcp, loaders, catalog });
  const rpc = await openRpc(house, catalog);
  const services = [dhcp, tftp, dns, http, rpc].filter((part) => part !== undefined);
  return { live: { dhcp, tftp, dns }, services };
}

async function openDhcp(house: House): Promise<DhcpServer | undefined> {
  const { options, config, served, settings, bus, log, resources } = house;
  const { mode } = config.dhcp;
  if (mode === "off") return undefined;
  const path = leaseFile(config.state);
  const part = log.child({ part: "dhcp" });
  const leases = resources.use(openLeaseStore({ path, log: part, now: systemClock.now }));
  const deps = {
    mode,
    interfaces: served,
    settings: settings.dhcp,
    leases,
    httpPort: config.http.port,
  };
  return resources.use(
    await openDhcpServer(
      { ...deps, clock: systemClock, log: part, publish: bus.publish },
      options.signal,
    ),
  );
}

async function openTftp(house: House, loaders: LoaderLibrary): Promise<TftpServer | undefined> {
  const { options, config, served, settings, bus, log, resources } = house;
  const { tftp } = config;
  if (!tftp.enabled) return undefined;
  const deps = {
    addresses: served.map(({ address }) => address),
    port: tftp.port,
    files: { open: (name: string) => loaders.find(name) },
    settings: settings.tftp,
    clock: systemClock,
    log: log.child({ part: "tftp" }),
    publish: bus.publish,
  };
  return resources.use(await openTftpServer(deps, options.signal));
}

async function openDns(house: House, dhcp: DhcpServer | undefined): Promise<DnsServer | undefined> {
  const { options, config, served, settings, bus, log, resources } = house;
  const { dns } = config;
  if (!dns.enabled) return undefined;
  const deps = {
    interfaces: served,
    port: dns.port,
    settings: settings.dns,
    bindings: bindingsOf(dhcp, bus),
    clock: systemClock,
    log: log.child({ part: "dns" }),
  };
  return resources.use(await openDnsServer(deps, options.signal));
}

// Every change of a lease is told to a machine or by one, and passes the bus as one of these.
const changesLease = new Set(["out ack", "in release", "in decline"]);

function bindingsOf(dhcp: DhcpServer | undefined, bus: EventBus): BindingReader {
  return {
    bindings: () => {
      const known = dhcp?.bindings() ?? [];
      return known.filter(({ reserved, state }) => reserved || state === "bound");
    },
    onChange: (listener) =>
      bus.subscribe((event) => {
        if (event.kind !== "dhcp") return;
        if (changesLease.has(`${event.direction} ${event.message}`)) listener();
      }),
  };
}

async function openHttp(
  house: House,
  {
    dhcp,
    loaders,
    catalog,
  }: { dhcp: DhcpServer | undefined; loaders: LoaderLibrary; catalog: Catalog },
): Promise<BoundService> {
  const { options, config, served, bus, log, resources } = house;
  const { version, signal } = options;
  const part = log.child({ part: "http" });
  const metrics = resources.use(openMetrics(bus, { version }));
  const startedAt = systemClock.now();
  const { socket } = config.admin;
  const status = () => ({
    version,
    mode: config.dhcp.mode,
    interfaces: served.map(({ device, address }) => ({ name: device, address })),
    ports: Object.fromEntries(
      wantedPorts(config).map(({ use, port }) => [use.toLowerCase(), port]),
    ),
    startedAt,
  });
  const admin = { events: bus, leases: () => dhcp?.bindings() ?? [], status, socket };
  const deps = {
    addresses: served.map(({ address }) => address),
    port: config.http.port,
    catalog,
    texts: openTextEngines(log),
    extensions: true,
    waitingRoomSeconds: config.http.waitingRoom,
    signer: await openSigning(house),
    assets: {
      folder: config.assets.folder || join(config.data.folder, "assets"),
      symlinks: "follow" as const,
    },
    loaders,
    publish: bus.publish,
    machineAt: bus.machineAt.bind(bus),
    clock: systemClock,
    log: part,
    metrics,
    readiness: () => [],
    ...(socket !== "" && { admin }),
  };
  return resources.use(await openHttpServer(deps, signal));
}

// On loopback too, where the commands of this host look for it.
async function openRpc(house: House, catalog: Catalog): Promise<BoundService | undefined> {
  const { options, config, served, log, resources } = house;
  const { signal } = options;
  if (config.rpc.port === 0) return undefined;
  const { folder } = config.data;
  const deps = {
    addresses: [...new Set([...served.map(({ address }) => address), parseIpv4("127.0.0.1")])],
    port: config.rpc.port,
    credentials: await readCredentials(config.rpc),
    catalog,
    writer: new FileWriter(folder),
    folder,
    clock: systemClock,
    log: log.child({ part: "rpc" }),
  };
  return resources.use(await openRpcServer(deps, signal));
}

async function openSigning({ options, config }: House): Promise<Signer | undefined> {
  const file = config.http.keyRing;
  if (file === "") return undefined;
  const { KINDLING_PASSPHRASE: own, MATCHBOX_PASSPHRASE: inherited } = options.environment;
  return await openSigner(file, own ?? inherited ?? "");
}

// A SIGHUP or an edit: what can change while running does, the rest is named, a bad edit changes nothing.
function followConfiguration(house: House, parts: LiveParts): Disposable {
  const { options, config, served, log } = house;
  const apply = async (): Promise<void> => {
    const resolution = await options.reload();
    if (resolution.kind === "invalid") {
      log.error("configuration is bad; the last good one stays", {
        problems: formatProblems(resolution),
      });
      return;
    }
    const settings = fitSettings(resolution, served);
    parts.dns?.replaceSettings(settings.dns); // first: it is the only one that may refuse
    parts.dhcp?.replaceSettings(settings.dhcp);
    parts.tftp?.replaceSettings(settings.tftp);
    const waiting = needRestart(config, resolution.config);
    log.info("configuration reloaded", waiting.length === 0 ? {} : { needRestart: waiting });
  };
  const reload = (): void => {
    apply().catch((error: unknown) => {
      const isOurs = error instanceof KindlingError;
      const problems = isOurs ? error.message : error instanceof Error ? error.stack : error;
      log.error("configuration is bad; the last good one stays", { problems });
    });
  };
  const stack = new DisposableStack();
  stack.use(options.onHangup(reload));
  stack.use(watchPath(options.configFile, reload));
  return stack;
}

// Two servers may hold one port on different interfaces, so only a failed bind proves a clash.
async function nameHolder(error: unknown, config: Config): Promise<never> {
  if (!(error instanceof KindlingError) || error.code !== "port.in-use") throw error;
  const { port, protocol } = error.details;
  const wanted = wantedPorts(config).filter(
    (row) => row.port === port && row.protocol === protocol,
  );
  for (const row of wanted) {
    const holders = await findPortHolders(row.port, row.protocol);
    const others = holders.filter(({ pid }) => pid !== process.pid);
    if (others.length > 0) {
      throw new KindlingError("port.in-use", describeHolder(row, others), error.details, error);
    }
  }
  throw error;
}
