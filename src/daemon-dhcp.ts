import { randomBytes } from "node:crypto";
import { uptime } from "node:os";
import type { LoaderRules } from "./boot/loader-choice.ts";
import type { Config } from "./config/schema.ts";
import type { House } from "./daemon-parts.ts";
import { leaseFile, reservationFile } from "./daemon-settings.ts";
import { type AddressProber, openArpProber } from "./dhcp/arp-prober.ts";
import { openLeaseStore } from "./dhcp/lease-store.ts";
import { fixedMode, type LinkModes } from "./dhcp/link-modes.ts";
import { LinkWatch, type WatchSettings } from "./dhcp/link-watch.ts";
import type { LiveMode } from "./dhcp/mode.ts";
import { openProbe } from "./dhcp/probe.ts";
import { ReservationDesk } from "./dhcp/reservation-desk.ts";
import { openReservationStore } from "./dhcp/reservation-store.ts";
import { type DhcpServer, type DhcpServerDeps, openDhcpServer } from "./dhcp/server.ts";
import { KindlingError } from "./errors.ts";
import { systemClock } from "./runtime/clock.ts";
import type { EventBus } from "./runtime/event-bus.ts";
import type { ServedInterface } from "./runtime/interfaces.ts";
import { readLinkState } from "./runtime/link-state.ts";
import type { Log } from "./runtime/log.ts";

/** The DHCP service, and how it serves each link now. */
export type DhcpPart = {
  readonly server: DhcpServer;
  readonly desk: ReservationDesk;
  readonly modeOf: (device: string) => LiveMode;
};

/** Opens the DHCP server and the watch over its links; nothing where `dhcp.mode` is off. */
export async function openDhcp(house: House, loaders: LoaderRules): Promise<DhcpPart | undefined> {
  const { options, config, served, bus, log, resources, findings } = house;
  if (config.dhcp.mode === "off") return undefined;
  const part = log.child({ part: "dhcp" });
  const path = leaseFile(config.state);
  const leases = resources.use(await openLeaseStore({ path, log: part, now: systemClock.now }));
  const desk = openDesk(house, part);
  const { links, start } = await openLinks(house);
  const deps = { interfaces: served, settings: desk.settings, leases, links, findings, loaders };
  const probing = await openProber(house, part);
  const outside = { clock: systemClock, log: part, publish: bus.publish, onFetch: fetchesOf(bus) };
  const server = resources.use(
    await openDhcpServer(
      { ...deps, ...outside, ...probing, httpPort: config.http.port },
      options.signal,
    ),
  );
  const serve = (): void => {
    server.serve();
    start();
  };
  desk.serveThrough(server);
  const replaceSettings = desk.replaceSettings.bind(desk);
  return { server: { ...server, serve, replaceSettings }, desk, modeOf: links.modeOf };
}

// What is reserved while the daemon runs lies beside the leases.
function openDesk({ config, settings }: House, log: Log): ReservationDesk {
  const store = openReservationStore(reservationFile(config.state));
  return new ReservationDesk({ store, settings: settings.dhcp, clock: systemClock, log });
}

// The bus knows whose address a file went to.
function fetchesOf(bus: EventBus): DhcpServerDeps["onFetch"] {
  return (listener) =>
    bus.subscribe(({ kind, mac }) => {
      if (mac !== undefined && (kind === "tftp" || kind === "http")) listener(mac);
    });
}

// Without the right the rest goes on: machines that look for themselves decline what is in use.
async function openProber(
  { config, served, resources }: House,
  log: Log,
): Promise<{ readonly prober?: AddressProber }> {
  if (config.dhcp.mode === "proxy" || config.dhcp.conflictProbe === "off") return {};
  try {
    const deps = { links: served, clock: systemClock, log };
    return { prober: resources.use(await openArpProber(deps)) };
  } catch (error) {
    if (!(error instanceof KindlingError) || error.code !== "rights.missing") throw error;
    log.warn("addresses are not probed before they are offered", { cause: error.message });
    return {};
  }
}

type Links = { readonly links: LinkModes; start(): void };

async function openLinks(house: House): Promise<Links> {
  const { config, served, resources } = house;
  if (config.dhcp.mode === "full" && config.dhcp.force) {
    const links = fixedMode("full");
    const start = () => {
      for (const { device } of served) publishMode(house, device, "full", "forced");
    };
    return { links, start };
  }
  const watches = new Map<string, LinkWatch>();
  for (const link of served) {
    watches.set(link.device, resources.use(await openWatch(house, link)));
  }
  const links: LinkModes = {
    modeOf: (device) => watches.get(device)?.mode ?? "proxy",
    overhear: (device, request) => watches.get(device)?.overhear(request) ?? false,
  };
  const start = () => {
    for (const watch of watches.values()) watch.start();
  };
  return { links, start };
}

async function openWatch(house: House, { device, address }: ServedInterface): Promise<LinkWatch> {
  const { config, served, log, resources, findings } = house;
  const part = log.child({ part: "dhcp", device });
  const settings = watchSettings(config);
  const kind = "watch";
  const asking = { device, address, kind, clock: systemClock, random: randomBytes } as const;
  const probe = resources.use(await openProbe(asking));
  return new LinkWatch({
    ...{ device, address, settings, probe, findings, log: part, clock: systemClock },
    own: new Set(served.map((link) => link.address)),
    linkState: () => readLinkState(device),
    // Nobody says when a carrier came up before we looked; not before this host did.
    linkUpAt: systemClock.now() - uptime() * 1000,
    changed: (mode, reason) => publishMode(house, device, mode, reason),
    random: () => (randomBytes(1)[0] ?? 0) / 256,
  });
}

function publishMode({ bus }: House, device: string, mode: LiveMode, reason: string): void {
  bus.publish({ kind: "dhcp-mode", device, mode, reason });
}

function watchSettings({ dhcp }: Config): WatchSettings {
  const { mode, takeAddresses, takeover, probe } = dhcp;
  return {
    wanted: mode === "off" ? "proxy" : mode,
    ...{ takeAddresses, takeover },
    ...{ listenMs: probe.listen * 1000, everyMs: probe.every * 1000 },
    ...{ carrierMs: probe.carrier * 1000, dwellMs: probe.settle * 1000 },
  };
}
