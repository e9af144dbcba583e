/**
 * The composition root: from a configuration to services that run. It makes the parts, fits each one's
 * small interfaces to the others, binds every port before one is served, then gives up root. It decides
 * nothing about a protocol.
 */
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { type LoaderLibrary, openLoaderLibrary } from "./assets/loader-library.ts";
import { needRestart } from "./config/changes.ts";
import { formatProblems } from "./config/load.ts";
import { describeHolder, wantedPorts } from "./config/ports.ts";
import type { Resolution } from "./config/resolve.ts";
import type { Config } from "./config/schema.ts";
import { type PartSettings, settingsOf } from "./daemon-settings.ts";
import { openLeaseStore } from "./dhcp/lease-store.ts";
import { type DhcpServer, openDhcpServer } from "./dhcp/server.ts";
import type { BindingReader } from "./dns/live-zones.ts";
import { type DnsServer, openDnsServer } from "./dns/server.ts";
import { KindlingError } from "./errors.ts";
import type { Signer } from "./http/deps.ts";
import { openHttpServer } from "./http/server.ts";
import { openSigner } from "./http/signer.ts";
import { systemClock } from "./runtime/clock.ts";
import { EventBus } from "./runtime/event-bus.ts";
import { watchPath } from "./runtime/file-watch.ts";
import { findInterfaces, type ServedInterface } from "./runtime/interfaces.ts";
import { type Log, openLog } from "./runtime/log.ts";
import { openMetrics } from "./runtime/metrics.ts";
import { findPortHolders } from "./runtime/port-holder.ts";
import { type Account, becomeUser, handOver, readAccount } from "./runtime/privileges.ts";
import { openServiceManager } from "./runtime/sd-notify.ts";
import type { BoundService } from "./runtime/service.ts";
import { supervise } from "./runtime/supervise.ts";
import { FileStore } from "./store/file-store.ts";
import { openTextEngines } from "./text-engines.ts";
import { openTftpServer, type TftpServer } from "./tftp/server.ts";

export type DaemonOptions = {
  readonly version: string;
  readonly config: Config;
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
  const { config, signal } = options;
  const served = findInterfaces(config.interfaces);
  await using resources = new AsyncDisposableStack();
  const house: House = {
    options,
    served,
    settings: settingsOf(config, served),
    account: config.user === "" ? undefined : readAccount(config.user),
    bus: new EventBus(systemClock),
    log: openLog(config.log),
    resources,
  };
  const { log, account } = house;
  const { live, services } = await openParts(house).catch((error: unknown) => {
    return nameHolder(error, config);
  });
  if (account !== undefined) {
    handOver(config.state.folder, account);
    if (config.admin.socket !== "") handOver(dirname(config.admin.socket), account);
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
  await supervise(services, resources, { signal, log });
  manager.tell("STOPPING=1");
}

async function openParts(
  house: House,
): Promise<{ live: LiveParts; services: readonly BoundService[] }> {
  const { loaders: loaderConfig } = house.options.config;
  const loaders = openLoaderLibrary({ folders: loaderConfig.folders });
  const dhcp = await openDhcp(house);
  const tftp = await openTftp(house, loaders);
  const dns = await openDns(house, dhcp);
  const http = await openHttp(house, { dhcp, loaders });
  const services = [dhcp, tftp, dns, http].filter((part) => part !== undefined);
  return { live: { dhcp, tftp, dns }, services };
}

async function openDhcp(house: House): Promise<DhcpServer | undefined> {
  const { options, served, settings, bus, log, resources } = house;
  const { config, signal } = options;
  const { mode } = config.dhcp;
  if (mode === "off") return undefined;
  mkdirSync(config.state.folder, { recursive: true });
  const path = join(config.state.folder, "leases.db");
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
    await openDhcpServer({ ...deps, clock: systemClock, log: part, publish: bus.publish }, signal),
  );
}

async function openTftp(house: House, loaders: LoaderLibrary): Promise<TftpServer | undefined> {
  const { options, served, settings, bus, log, resources } = house;
  const { tftp } = options.config;
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
  const { options, served, settings, bus, log, resources } = house;
  const { dns } = options.config;
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

// Every change of a lease is told to a machine or by one, and each telling passes the bus.
function bindingsOf(dhcp: DhcpServer | undefined, bus: EventBus): BindingReader {
  return {
    bindings: () => {
      const known = dhcp?.bindings() ?? [];
      return known.filter(({ reserved, state }) => reserved || state === "bound");
    },
    onChange: (listener) => bus.subscribe((event) => event.kind === "dhcp" && listener()),
  };
}

async function openHttp(
  house: House,
  { dhcp, loaders }: { dhcp: DhcpServer | undefined; loaders: LoaderLibrary },
): Promise<BoundService> {
  const { options, served, bus, log, resources } = house;
  const { config, version, signal } = options;
  const part = log.child({ part: "http" });
  const { folder } = config.data;
  const catalog = resources.use(new FileStore({ folder, log: part, clock: systemClock }));
  const metrics = resources.use(openMetrics(bus, { version }));
  const startedAt = systemClock.now();
  const { socket } = config.admin;
  if (socket !== "") mkdirSync(dirname(socket), { recursive: true });
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
    texts: openTextEngines(),
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

async function openSigning({ options }: House): Promise<Signer | undefined> {
  const file = options.config.http.keyRing;
  if (file === "") return undefined;
  const { KINDLING_PASSPHRASE: own, MATCHBOX_PASSPHRASE: inherited } = options.environment;
  return await openSigner(file, own ?? inherited ?? "");
}

// A SIGHUP or an edit: what can change while running does, the rest is named, a bad edit changes nothing.
function followConfiguration(house: House, parts: LiveParts): Disposable {
  const { options, served, log } = house;
  const apply = async (): Promise<void> => {
    const resolution = await options.reload();
    if (resolution.kind === "invalid") {
      log.error("configuration is bad; the last good one stays", {
        problems: formatProblems(resolution),
      });
      return;
    }
    const settings = settingsOf(resolution.config, served);
    parts.dns?.replaceSettings(settings.dns); // first: it is the only one that may refuse
    parts.dhcp?.replaceSettings(settings.dhcp);
    parts.tftp?.replaceSettings(settings.tftp);
    const waiting = needRestart(options.config, resolution.config);
    log.info("configuration reloaded", waiting.length === 0 ? {} : { needRestart: waiting });
  };
  const reload = (): void => {
    apply().catch((error: unknown) => {
      log.error("configuration is bad; the last good one stays", { problems: String(error) });
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
  const port = error.details["port"];
  const wanted = wantedPorts(config).filter((row) => row.port === port);
  for (const row of wanted) {
    const holders = await findPortHolders(row.port, row.protocol);
    const others = holders.filter(({ pid }) => pid !== process.pid);
    if (others.length > 0) {
      throw new KindlingError("port.in-use", describeHolder(row, others), error.details, error);
    }
  }
  throw error;
}
