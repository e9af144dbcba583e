import { KindlingError } from "../errors.ts";
import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import { broadcastOf, formatSubnet, type Subnet, subnetContains } from "../wire/subnet.ts";
import { type OptionTexts, readOptionLayer } from "./option-layer.ts";
import type { AddressRange, ClientIdentity, DhcpScope, LeaseTimes } from "./settings.ts";

/** A subnet as an operator writes it. */
export type SubnetRow = {
  readonly subnet: Subnet;
  readonly pools: readonly { readonly range: AddressRange; readonly class?: readonly string[] }[];
  readonly exclude: readonly AddressRange[];
  readonly router?: Ipv4Address;
  readonly dns?: readonly Ipv4Address[];
  readonly domain?: string;
  readonly options?: OptionTexts;
  readonly leaseTimes?: LeaseTimes;
  readonly interface?: string;
  readonly relayOnly: boolean;
  readonly sharedNetwork?: string;
  readonly authoritative?: boolean;
  readonly identity?: ClientIdentity;
  readonly rapidCommit?: boolean;
};

/** A link that this host is on. */
type ServedLink = {
  readonly device: string;
  readonly address: Ipv4Address;
  readonly subnet: Subnet;
};

/** What the subnets are made from. */
export type SubnetParts = {
  readonly rows: readonly SubnetRow[];
  readonly served: readonly ServedLink[];
  /** The subnet of a link as the settings beside `subnets` have it. */
  readonly plain: (link: ServedLink) => DhcpScope;
  readonly classNames: ReadonlySet<string>;
};

/**
 * Every subnet that is served: the rows, then those of the links that no row names. What a row leaves
 * out is the plain setting's. Throws `config.invalid` for rows that contradict themselves or others.
 */
export function scopesOf(parts: SubnetParts): readonly DhcpScope[] {
  const { rows, served, plain } = parts;
  const fromRows = rows.map((row, index) => scopeOfRow(row, index, parts));
  const named = (link: ServedLink) => rows.some(({ subnet }) => isSame(subnet, link.subnet));
  const scopes = [...fromRows, ...served.filter((link) => !named(link)).map(plain)];
  checkApart(scopes);
  return scopes;
}

function scopeOfRow(row: SubnetRow, index: number, parts: SubnetParts): DhcpScope {
  const place = `dhcp.subnets[${index}]`;
  checkRow(row, place, parts.classNames);
  const own = parts.served.find((link) => isSame(link.subnet, row.subnet));
  const link = linkOf(row, place, parts);
  const nearest = parts.served.find(({ address }) => address === link) ?? parts.served[0];
  const plain = (own ?? nearest) && parts.plain(own ?? (nearest as ServedLink)); // proven: one is there
  const { subnet, exclude, options, leaseTimes, identity, authoritative, rapidCommit } = row;
  const { sharedNetwork, dns = plain?.dns ?? [], domain = plain?.domain } = row;
  const router = row.router ?? (own && plain?.router);
  return {
    subnet,
    pools: poolsOf(row, own && plain),
    excluded: exclude,
    dns,
    link,
    ...(router !== undefined && { router }),
    ...(domain !== undefined && { domain }),
    ...(options && { options: layerAt(`${place}.options`, options) }),
    ...(leaseTimes && { leaseTimes }),
    ...(identity && { identity }),
    ...(authoritative !== undefined && { authoritative }),
    ...(rapidCommit !== undefined && { rapidCommit }),
    ...(sharedNetwork !== undefined && { sharedNetwork }),
  };
}

function poolsOf({ pools, subnet }: SubnetRow, plain: DhcpScope | undefined): DhcpScope["pools"] {
  if (pools.length > 0) {
    return pools.map(({ range, class: classes }) => ({ ...range, ...(classes && { classes }) }));
  }
  return plain?.pools ?? [{ first: subnet.network, last: broadcastOf(subnet) }];
}

// By its word, by the link's own subnet, by a subnet it shares the link with; else behind relays.
function linkOf(
  row: SubnetRow,
  place: string,
  { rows, served }: SubnetParts,
): Ipv4Address | "relays" {
  if (row.relayOnly) return "relays";
  if (row.interface !== undefined) {
    const link = served.find(({ device }) => device === row.interface);
    if (link !== undefined) return link.address;
    const devices = served.map(({ device }) => device).join(", ");
    throw invalid(place, `interface: want one of ${devices}, got ${row.interface}`);
  }
  const mates = rows.filter(
    (other) =>
      other === row ||
      (row.sharedNetwork !== undefined && other.sharedNetwork === row.sharedNetwork),
  );
  const link = served.find(({ subnet }) => mates.some((mate) => isSame(mate.subnet, subnet)));
  return link?.address ?? "relays";
}

function checkRow(row: SubnetRow, place: string, classNames: ReadonlySet<string>): void {
  const cidr = formatSubnet(row.subnet);
  const inside = (what: string, ...addresses: readonly Ipv4Address[]) => {
    if (addresses.every((address) => subnetContains(row.subnet, address))) return;
    const got = addresses.map(formatIpv4).join("-");
    throw invalid(place, `${what}: want addresses inside ${cidr}, got ${got}`);
  };
  if (row.relayOnly && row.interface !== undefined) {
    throw invalid(place, `relayOnly and interface exclude each other; keep one`);
  }
  if (row.router !== undefined) inside("router", row.router);
  for (const { first, last } of row.exclude) inside("exclude", first, last);
  for (const [index, { range, class: classes = [] }] of row.pools.entries()) {
    inside(`pools[${index}]`, range.first, range.last);
    const twice = row.pools.findIndex((other) => isOverlap(other.range, range));
    if (twice < index) throw invalid(place, `pools[${index}] overlaps pools[${twice}]`);
    const stranger = classes.find((name) => !classNames.has(name));
    if (stranger === undefined) continue;
    const cure = `add it to dhcp.classes or mend the name`;
    throw invalid(place, `pools[${index}]: there is no class ${stranger}; ${cure}`);
  }
}

// Which of two subnets an address is in would be chance.
function checkApart(scopes: readonly DhcpScope[]): void {
  const sorted = scopes.toSorted((one, two) => one.subnet.network - two.subnet.network);
  for (const [index, { subnet }] of sorted.entries()) {
    const before = sorted[index - 1]?.subnet;
    if (before === undefined || broadcastOf(before) < subnet.network) continue;
    const both = `${formatSubnet(before)} and ${formatSubnet(subnet)}`;
    throw invalid("dhcp.subnets", `${both} overlap; keep one of them`);
  }
}

/** Reads options; the error names the place. */
export function layerAt(place: string, texts: OptionTexts): ReturnType<typeof readOptionLayer> {
  try {
    return readOptionLayer(texts);
  } catch (error) {
    if (error instanceof RangeError) throw invalid(place, error.message);
    throw error;
  }
}

function isSame(one: Subnet, two: Subnet): boolean {
  return one.network === two.network && one.prefix === two.prefix;
}

function isOverlap(one: AddressRange, two: AddressRange): boolean {
  return one.first <= two.last && two.first <= one.last;
}

function invalid(place: string, why: string): KindlingError {
  const key = /^dhcp\.\w+/.exec(place)?.[0] ?? place;
  return new KindlingError("config.invalid", `${place}: ${why}`, { key });
}
