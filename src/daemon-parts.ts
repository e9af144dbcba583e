/**
 * The parts of the daemon, each opened and fitted to the others' small interfaces. Nothing here runs by
 * itself: `daemon.ts` serves what is opened here, and closes it.
 */
import { DigestBook } from "./assets/digest-book.ts";
import { recordedDigest } from "./assets/image/recorded-digest.ts";
import { lastSeen } from "./boot/last-seen.ts";
import { wantedPorts } from "./config/ports.ts";
import type { Resolution, ValidConfig } from "./config/resolve.ts";
import type { Config } from "./config/schema.ts";
import { type DhcpPart, openDhcp } from "./daemon-dhcp.ts";
import { openDns } from "./daemon-dns.ts";
import { joinDesk, openInstalls, openJoins } from "./daemon-installer.ts";
import { openAdverts, openDhcp6 } from "./daemon-ipv6.ts";
import { assetsFolder, imageFolders, type LoaderService, openLoaders } from "./daemon-loaders.ts";
import { openImageMirror } from "./daemon-oci.ts";
import type { PartSettings } from "./daemon-settings.ts";
import type { DhcpServer } from "./dhcp/server.ts";
import type { Dhcp6Server } from "./dhcp6/server.ts";
import type { RecordStore } from "./dns/record-store.ts";
import type { AnswerDeps, InstallBook, Signer } from "./http/deps.ts";
import { openHttpServer } from "./http/server.ts";
import { SpareLanes } from "./http/spare-lanes.ts";
import { Transfers } from "./http/transfers.ts";
import type { JoinServer } from "./installer/join-server.ts";
import { systemClock } from "./runtime/clock.ts";
import { type DescriptorShares, descriptorLimit, shareDescriptors } from "./runtime/descriptors.ts";
import type { EventBus } from "./runtime/event-bus.ts";
import type { FindingBoard } from "./runtime/finding-board.ts";
import type { ServedInterface } from "./runtime/interfaces.ts";
import type { Log } from "./runtime/log.ts";
import { type Metrics, openMetrics } from "./runtime/metrics.ts";
import type { Account } from "./runtime/privileges.ts";
import type { BoundService } from "./runtime/service.ts";
import type { Catalog } from "./store/catalog.ts";
import { FileStore } from "./store/file-store.ts";
import { FileWriter } from "./store/file-writer.ts";
import { checkPartial, openTextEngines } from "./text-engines.ts";
import type { TftpPeer } from "./tftp/file-source.ts";
import type { TftpLink } from "./tftp/link.ts";
import { openTftpServer, type TftpServer } from "./tftp/server.ts";
import type { IpAddress } from "./wire/ip.ts";
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
export type House = {
  readonly options: DaemonOptions;
  readonly config: Config;
  readonly served: readonly ServedInterface[];
  /** Where TFTP and HTTP listen. */
  readonly addresses: readonly IpAddress[];
  readonly settings: PartSettings;
  readonly account: Account | undefined;
  readonly bus: EventBus;
  readonly findings: FindingBoard;
  readonly log: Log;
  readonly resources: AsyncDisposableStack;
};

/** The parts whose settings follow a reload. */
export type LiveParts = {
  readonly dhcp: DhcpServer | undefined;
  readonly dhcp6: Dhcp6Server | undefined;
  readonly tftp: TftpServer | undefined;
  readonly dns: RecordStore | undefined;
};

/** Opens every part: all its ports are bound, none is served. */
export async function openParts(
  house: House,
): Promise<{ live: LiveParts; services: readonly BoundService[] }> {
  const { log } = house;
  const { folder } = house.config.data;
  const part = log.child({ part: "store" });
  const catalog = new FileStore({ folder, log: part, clock: systemClock, checkPartial });
  const answers = answersOf(house, { catalog, installs: await openInstalls(house) });
  const loaders = house.resources.use(openLoaders({ ...house, answers }));
  const addresses = await openDhcp(house, loaders.rules);
  const dhcp = addresses?.server;
  const tftp = await openTftp(house, loaders);
  const dns = await openDns(house, { dhcp: addresses, maxConnections: sharesOf(house).dns });
  const joins = openJoins(house);
  const http = await openHttp(house, {
    ...{ dhcp: addresses, records: dns?.records },
    ...{ tftp, loaders, answers, joins },
  });
  const rpc = await openRpc(house, catalog);
  const modeOf = addresses?.modeOf ?? (() => "off" as const);
  const dhcp6 = await openDhcp6(house, modeOf);
  const adverts = await openAdverts(house, modeOf);
  const images = await openFollowing(house, catalog);
  const all = [dhcp, tftp, dns?.server, http, rpc, dhcp6, adverts, joins, images];
  const services = all.filter((one) => one !== undefined);
  return { live: { dhcp, dhcp6, tftp, dns: dns?.records }, services };
}

async function openTftp(house: House, loaders: LoaderService): Promise<TftpServer | undefined> {
  const { options, config, settings, bus, log, resources } = house;
  const { tftp } = config;
  if (!tftp.enabled) return undefined;
  const deps = {
    links: tftpLinks(house),
    port: tftp.port,
    files: {
      open: (name: string, { address, server }: TftpPeer) => {
        return loaders.find(name, { mac: bus.machineAt(address), server });
      },
    },
    settings: settings.tftp,
    clock: systemClock,
    log: log.child({ part: "tftp" }),
    publish: bus.publish,
    machineAt: bus.machineAt.bind(bus),
  };
  return resources.use(await openTftpServer(deps, options.signal));
}

// An IPv6 address is a link of its own: it has another header, and no broadcasts.
function tftpLinks({ served, addresses }: House): readonly TftpLink[] {
  const six = served.flatMap(({ ipv6, mtu }) => {
    if (ipv6 === undefined || !addresses.includes(ipv6.address)) return [];
    return [{ address: ipv6.address, prefix: ipv6.prefix, ...(mtu !== undefined && { mtu }) }];
  });
  return [...served, ...six];
}

type HttpParts = {
  readonly dhcp: DhcpPart | undefined;
  readonly records: RecordStore | undefined;
  readonly tftp: TftpServer | undefined;
  readonly loaders: LoaderService;
  readonly answers: AnswerDeps;
  readonly joins: JoinServer;
};

async function openHttp(house: House, others: HttpParts): Promise<BoundService> {
  const { dhcp, records, loaders, answers, joins } = others;
  const { options, config, served, bus, log, resources } = house;
  const { version, signal } = options;
  const part = log.child({ part: "http" });
  const metrics = resources.use(openMetrics(bus, { version }));
  const startedAt = systemClock.now();
  const { socket } = config.admin;
  const transfers = new Transfers();
  transfers.showOn(metrics);
  showFiles(metrics, others);
  const { published } = imageFolders(config);
  const lanes = new SpareLanes(transfers, systemClock);
  const recorded = recordedDigest.bind(undefined, published);
  const digests = resources.use(new DigestBook({ lanes, recorded }));
  const status = () => ({
    version,
    mode: config.dhcp.mode,
    interfaces: served.map(({ device, address }) => ({
      ...{ name: device, address },
      ...(dhcp && { mode: dhcp.modeOf(device) }),
    })),
    ports: Object.fromEntries(
      wantedPorts(config).map(({ use, port }) => [use.toLowerCase(), port]),
    ),
    startedAt,
  });
  const leases = () => {
    const seen = lastSeen(bus.recent());
    return (dhcp?.server.bindings() ?? []).map((row) => ({ ...row, ...seen.get(row.mac) }));
  };
  const admin = {
    events: bus,
    leases,
    status,
    desk: dhcp?.desk,
    records,
    socket,
    joins: joinDesk(joins),
  };
  const deps = {
    addresses: house.addresses,
    port: config.http.port,
    maxConnections: sharesOf(house).http,
    ...answers,
    log: part,
    diagnosisOf: loaders.diagnosisOf,
    signer: await openSigning(house),
    assets: { folder: assetsFolder(config), symlinks: "follow" as const, digests },
    mirror: await openImageMirror({ ...house, signal, log: log.child({ part: "oci" }) }),
    loaders,
    transfers,
    publish: bus.publish,
    machineAt: bus.machineAt.bind(bus),
    clock: systemClock,
    metrics,
    readiness: () => [],
    findings: () => house.findings.list(),
    ...(socket !== "" && { admin }),
  };
  return resources.use(await openHttpServer(deps, signal));
}

function showFiles({ gauge }: Metrics, { tftp, loaders }: HttpParts): void {
  gauge("kindling_kept_file_bytes", "Loaders and files of TFTP in memory.", loaders.keptBytes);
  const openTransfers = tftp?.openTransfers ?? (() => 0);
  gauge("kindling_tftp_transfers_open", "Files being sent by TFTP.", openTransfers);
}

function sharesOf({ addresses, config }: House): DescriptorShares {
  const servers = config.oci.port === 0 ? 1 : 2; // images on their own port have as many connections
  return shareDescriptors(descriptorLimit(), addresses.length * servers);
}

function answersOf(
  { config, log }: House,
  { catalog, installs }: { catalog: Catalog; installs: InstallBook },
): AnswerDeps {
  return {
    catalog,
    installs: { book: installs, now: systemClock.now },
    texts: openTextEngines(log),
    extensions: true,
    ignitionUpgrade: config.http.ignitionUpgrade,
    waitingRoomSeconds: config.http.waitingRoom,
    log: log.child({ part: "http" }),
  };
}

// On loopback too, where the commands of this host look for it.
async function openRpc(house: House, catalog: Catalog): Promise<BoundService | undefined> {
  const { options, config, served, log, resources } = house;
  const { signal } = options;
  if (config.rpc.port === 0) return undefined;
  const { readCredentials } = await import("./rpc/credentials.ts"); // off for most, and not small
  const { openRpcServer } = await import("./rpc/server.ts");
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

// Off for most, and OpenPGP is large.
async function openFollowing(house: House, catalog: Catalog): Promise<BoundService | undefined> {
  if (house.config.images.follow.length === 0) return undefined;
  const { openImageFollower } = await import("./daemon-images.ts");
  return await openImageFollower(house, catalog);
}

async function openSigning({ options, config }: House): Promise<Signer | undefined> {
  const file = config.http.keyRing;
  if (file === "") return undefined;
  const { KINDLING_PASSPHRASE: own, MATCHBOX_PASSPHRASE: inherited } = options.environment;
  const { openSigner } = await import("./http/signer.ts"); // OpenPGP is large
  return await openSigner(file, own ?? inherited ?? "");
}
