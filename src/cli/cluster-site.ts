import { join } from "node:path";
import { parseSha256Sums } from "../assets/image/checksums.ts";
import { imagePath } from "../assets/image/image.ts";
import { ImageLibrary, type StoredImage } from "../assets/image/image-library.ts";
import type { ImageFolders } from "../assets/image/layout.ts";
import type { ManifestFile } from "../assets/image/manifest.ts";
import { packingOf } from "../assets/image/packing.ts";
import { loadConfig } from "../config/load.ts";
import type { ValidConfig } from "../config/resolve.ts";
import { assetsFolder, imageFolders } from "../daemon-loaders.ts";
import { fitSettings } from "../daemon-settings.ts";
import type { Reservation } from "../dhcp/reservations.ts";
import type { DhcpScope } from "../dhcp/settings.ts";
import { KindlingError } from "../errors.ts";
import type { Cluster } from "../installer/cluster.ts";
import { inspectAuthority } from "../installer/inspect-authority.ts";
import type {
  ClusterSurroundings,
  KubernetesBundle,
  LibraryFile,
  LibraryImage,
  ServedSubnet,
} from "../installer/surroundings.ts";
import { findInterfaces, type ServedInterface } from "../runtime/interfaces.ts";
import { formatIpv4, type Ipv4Address, parseIpv4 } from "../wire/ipv4.ts";
import { subnetContains } from "../wire/subnet.ts";
import type { CliContext } from "./context.ts";
import { entriesIfThere, textIfThere } from "./folder.ts";

/** Where a cluster is to be, as far as this host's settings and folders tell. */
export type SiteFlags = {
  readonly config?: string;
  readonly origin?: string;
  readonly joinOrigin?: string;
  readonly mirror?: string;
};

/** TLS port of the service that hands bundles out. */
const joinPort = 8444;

/** What is known here of a cluster's surroundings; interfaces that are not set make no subnets. */
export async function surveySite(
  cluster: Cluster,
  flags: SiteFlags,
  context: CliContext,
): Promise<ClusterSurroundings> {
  const { environment } = context;
  const file = flags.config === undefined ? {} : { file: flags.config };
  const resolution = await loadConfig({ flags: {}, environment, ...file });
  if (resolution.kind === "invalid") {
    throw new KindlingError("config.invalid", "the settings are not valid: run kindling check");
  }
  const { config } = resolution;
  const served = config.interfaces.length === 0 ? [] : findInterfaces(config.interfaces);
  const origin = flags.origin ?? originOf(served, config.http.port);
  const images = await readImages(imageFolders(config), cluster);
  const bundles = await readBundles(join(assetsFolder(config), "k8s"));
  return {
    now: Date.now(),
    origin,
    joinOrigin: flags.joinOrigin ?? joinOriginOf(new URL(origin).hostname, served),
    ...(served.length > 0 && servedParts(resolution, served)),
    ...(images && { images }),
    ...(bundles && { bundles }),
    ...(flags.mirror !== undefined && { mirror: { origin: flags.mirror } }),
    ...(cluster.authority && { authority: inspectAuthority(cluster.authority) }),
  };
}

function originOf(served: readonly ServedInterface[], port: number): string {
  const [first] = served;
  if (first !== undefined) return `http://${formatIpv4(first.address)}:${port}`;
  const cure = "name it with --origin http://ADDRESS:8080, or set interfaces";
  throw new KindlingError("usage.invalid", `where machines reach this host is not known: ${cure}`);
}

// The certificate that machines are shown there has this host's addresses, and no names.
function joinOriginOf(host: string, [first]: readonly ServedInterface[]): string {
  const isAddress = /^[\d.]+$/.test(host) || first === undefined;
  return `https://${isAddress ? host : formatIpv4(first.address)}:${joinPort}`;
}

type ServedParts = Pick<ClusterSurroundings, "subnets" | "own" | "zones" | "lookups">;

function servedParts(resolution: ValidConfig, served: readonly ServedInterface[]): ServedParts {
  const { dhcp, dns } = fitSettings(resolution, served);
  const own = served.map(({ address }) => address);
  const subnets = dhcp.scopes.map((scope) => subnetOf(scope, dhcp.reservations, own));
  if (!resolution.config.dns.enabled) return { subnets, own };
  const named = dhcp.reservations.flatMap(({ hostname, address }) => {
    return hostname === undefined || address === undefined
      ? []
      : [[`${hostname}.${dns.domain}`, [address]] as const];
  });
  const records = dns.records
    .filter(({ type }) => type === "A")
    .map(({ name, value }) => [`${name}.${dns.domain}`, [parseIpv4(value)]] as const);
  const zones = [dns.domain, ...dns.zones.map(({ domain }) => domain)];
  return { subnets, own, zones, lookups: new Map([...named, ...records]) };
}

function subnetOf(
  { subnet, pools, router }: DhcpScope,
  reservations: readonly Reservation[],
  own: readonly Ipv4Address[],
): ServedSubnet {
  const kept = reservations.flatMap(({ address, mac, uuid }) => {
    if (address === undefined || !subnetContains(subnet, address)) return [];
    return [{ address, ...(mac && { mac }), ...(uuid && { uuid }) }];
  });
  const taken = [...own, ...(router === undefined ? [] : [router])];
  return { subnet, pools, taken, reservations: kept };
}

/** The library's images. One that is broken is no trouble, unless it is the one that is wanted. */
async function readImages(
  folders: ImageFolders,
  { operatingSystem: { name, version, arch } }: Cluster,
): Promise<readonly LibraryImage[] | undefined> {
  if ((await entriesIfThere(folders.published)) === undefined) return undefined;
  const { images, broken } = await new ImageLibrary(folders, Date.now).list();
  const wanted = imagePath({ name, version, arch });
  const trouble = broken.find(({ id }) => imagePath(id) === wanted);
  if (trouble !== undefined) {
    throw new KindlingError("config.invalid", `${trouble.reason}: bring the image again`);
  }
  return await Promise.all(images.map(readImage));
}

async function readImage({ id, folder, manifest }: StoredImage): Promise<LibraryImage> {
  const { title, tree, boot, files } = manifest;
  return {
    ...{ id, title, tree, args: boot.args, verified: true },
    files: await Promise.all(files.map((file) => withRawSum(folder, file))),
  };
}

/** Of a packed disk image, the manifest's; or one written by hand, beside it as `<file>.raw.sha256`. */
async function withRawSum(
  folder: string,
  { role, file, sha256, rawSha256: known }: ManifestFile,
): Promise<LibraryFile> {
  if (packingOf(file) === undefined) return { role, file, rawSha256: sha256 };
  const beside = await textIfThere(join(folder, `${file}.raw.sha256`));
  const rawSha256 = known ?? /^[0-9a-f]{64}\b/.exec(beside ?? "")?.[0];
  return { role, file, ...(rawSha256 !== undefined && { rawSha256 }) };
}

/** `k8s/<version>/<arch>/SHA256SUMS` is the lock file of a bundle. */
async function readBundles(folder: string): Promise<readonly KubernetesBundle[] | undefined> {
  const found = await listDeep(folder, 2);
  if (found === undefined) return undefined;
  const bundles = found.map(async ([version = "", arch = ""]) => {
    const lock = join(folder, version, arch, "SHA256SUMS");
    const sums = parseSha256Sums((await textIfThere(lock)) ?? "");
    const files = [...sums].map(([file, sha256]) => [file, { sha256 }] as const);
    return { version, arch, files: new Map(files) };
  });
  return (await Promise.all(bundles)).filter(({ files }) => files.size > 0);
}

/** The folders so deep below one; undefined: there is none. */
async function listDeep(
  folder: string,
  depth: number,
): Promise<readonly (readonly string[])[] | undefined> {
  const entries = await entriesIfThere(folder);
  if (entries === undefined) return undefined;
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  if (depth === 1) return folders.map((name) => [name]);
  const below = folders.map(async (name) => {
    const inner = (await listDeep(join(folder, name), depth - 1)) ?? [];
    return inner.map((rest) => [name, ...rest]);
  });
  return (await Promise.all(below)).flat();
}
