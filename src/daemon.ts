/**
 * The composition root: from a configuration to services that run. It makes the parts, fits each one's
 * small interfaces to the others, binds every port before one is served, then gives up root. It decides
 * nothing about a protocol.
 */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { needRestart } from "./config/changes.ts";
import { formatProblems } from "./config/load.ts";
import { describeHolder, wantedPorts } from "./config/ports.ts";
import type { Config } from "./config/schema.ts";
import { recordFile } from "./daemon-dns.ts";
import { installerFiles } from "./daemon-installer.ts";
import { listeningAddresses, serverIdFile, waitUntilBindable } from "./daemon-ipv6.ts";
import { ociPaths } from "./daemon-oci.ts";
import { type DaemonOptions, type House, type LiveParts, openParts } from "./daemon-parts.ts";
import { fitSettings, leaseFile } from "./daemon-settings.ts";
import { leaseFiles } from "./dhcp/lease-store.ts";
import { KindlingError } from "./errors.ts";
import { systemClock } from "./runtime/clock.ts";
import { EventBus } from "./runtime/event-bus.ts";
import { watchPath } from "./runtime/file-watch.ts";
import { FindingBoard } from "./runtime/finding-board.ts";
import { watchInterfaces } from "./runtime/interface-watch.ts";
import { findInterfaces } from "./runtime/interfaces.ts";
import { type Log, openLog } from "./runtime/log.ts";
import { findPortHolders } from "./runtime/port-holder.ts";
import { becomeUser, handOver, readAccount } from "./runtime/privileges.ts";
import { openServiceManager } from "./runtime/sd-notify.ts";
import { supervise } from "./runtime/supervise.ts";

/** Runs until the signal fires or a service fails; resolves when everything is closed. */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  const { configuration, signal } = options;
  const { config } = configuration;
  const served = findInterfaces(config.interfaces);
  await using resources = new AsyncDisposableStack();
  const bus = new EventBus(systemClock);
  const house: House = {
    options,
    config,
    served,
    addresses: await listeningAddresses(served, waitUntilBindable),
    settings: fitSettings(configuration, served),
    account: config.user === "" ? undefined : readAccount(config.user),
    bus,
    findings: new FindingBoard(bus.publish),
    log: await openLog(config.log),
    resources,
  };
  const { log, account } = house;
  resources.use(logFindings(bus, log));
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

function logFindings(bus: EventBus, log: Log): Disposable {
  return bus.subscribe((event) => {
    if (event.kind !== "finding") return;
    const { severity, ...finding } = event.finding;
    const level = event.change === "cleared" || severity === "info" ? "info" : severity;
    log[level === "warning" ? "warn" : level](`finding ${event.change}`, finding);
  });
}

// Made by us, the socket's folder becomes the user's, who may then remove the socket at the end.
function pathsToHandOver(config: Config): readonly string[] {
  const { state, admin } = config;
  const folder = dirname(admin.socket);
  const socket = admin.socket === "" ? [] : [admin.socket, ...(existsSync(folder) ? [] : [folder])];
  const kept = [
    ...leaseFiles(leaseFile(state)),
    serverIdFile(state),
    ...installerFiles(config),
    recordFile(config),
  ];
  return [...ociPaths(config), state.folder, ...kept, ...socket];
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
    parts.dhcp6?.replaceSettings(settings.dhcp6);
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
