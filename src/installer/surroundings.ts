import type { BootableImage } from "../assets/image/image-profile.ts";
import type { Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import { type Subnet, subnetContains } from "../wire/subnet.ts";
import type { Uuid } from "../wire/uuid.ts";

/**
 * What a description is judged and rendered against. What is absent is not known, and no validation
 * guesses: rows that need it are told as not looked at.
 */
export type ClusterSurroundings = {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Where machines reach HTTP, `http://10.77.0.1:8080`. */
  readonly origin: string;
  /** Where they fetch their secrets over TLS, `https://10.77.0.1:8444`. */
  readonly joinOrigin: string;
  /** The authority of that host in PEM; absent: the cluster's own. */
  readonly joinAuthority?: string;
  /** Machine's name → the word of its installation; another one installs it anew. Absent: "1". */
  readonly generations?: ReadonlyMap<string, string>;
  /** Controllers that come to an etcd that runs. */
  readonly arrived?: ReadonlySet<string>;
  readonly subnets?: readonly ServedSubnet[];
  /** This host's addresses on the links that it serves. */
  readonly own?: readonly Ipv4Address[];
  readonly images?: readonly LibraryImage[];
  readonly bundles?: readonly KubernetesBundle[];
  /** The LAN's mirror of container registries. */
  readonly mirror?: RegistryMirror;
  /** Zones that this daemon answers for, and what it answers for names in them. */
  readonly zones?: readonly string[];
  readonly lookups?: ReadonlyMap<string, readonly Ipv4Address[]>;
  /** What the given authority turned out to be. */
  readonly authority?: AuthorityFacts;
};

/** A subnet whose addresses this daemon gives. */
export type ServedSubnet = {
  readonly subnet: Subnet;
  readonly pools: readonly { readonly first: Ipv4Address; readonly last: Ipv4Address }[];
  /** Ours and the router's. */
  readonly taken: readonly Ipv4Address[];
  readonly reservations: readonly {
    readonly address: Ipv4Address;
    readonly mac?: MacAddress;
    readonly uuid?: Uuid;
  }[];
};

/** An image of the library; `rawSha256` is of a disk's bytes once they are unpacked. */
export type LibraryImage = Omit<BootableImage, "files"> & {
  readonly verified: boolean;
  readonly files: readonly LibraryFile[];
};

export type LibraryFile = BootableImage["files"][number] & { readonly rawSha256?: string };

/** Kubernetes' programs as they lie below `/assets/k8s/<version>/<arch>/`, from their lock file. */
export type KubernetesBundle = {
  readonly version: string;
  readonly arch: string;
  readonly files: ReadonlyMap<string, { readonly sha256: string }>;
};

/** `origin` is that of the mirror; `ca` its authority in PEM, where it is no public one. */
export type RegistryMirror = { readonly origin: string; readonly ca?: string };

/** What a pair of certificate and key is good for. */
export type AuthorityFacts =
  | { readonly kind: "usable"; readonly notBefore: number; readonly notAfter: number }
  | { readonly kind: "unusable"; readonly why: string };

/** The surroundings with reservations that the settings do not have: those made while the daemon runs. */
export function withReservations(
  surroundings: ClusterSurroundings,
  rows: ServedSubnet["reservations"],
): ClusterSurroundings {
  if (surroundings.subnets === undefined) return surroundings;
  const subnets = surroundings.subnets.map((served) => {
    const own = rows.filter(({ address }) => subnetContains(served.subnet, address));
    return { ...served, reservations: [...served.reservations, ...own] };
  });
  return { ...surroundings, subnets };
}

/** The image that the cluster's machines become. */
export function imageOf(
  { operatingSystem: { name, version, arch } }: ImageWanter,
  { images = [] }: Pick<ClusterSurroundings, "images">,
): LibraryImage | undefined {
  return images.find(({ id }) => id.name === name && id.version === version && id.arch === arch);
}

/** The programs of the cluster's Kubernetes. */
export function bundleOf(
  { kubernetes, operatingSystem: { arch } }: ImageWanter,
  { bundles = [] }: Pick<ClusterSurroundings, "bundles">,
): KubernetesBundle | undefined {
  return bundles.find((bundle) => {
    return bundle.version === kubernetes?.version && bundle.arch === arch;
  });
}

type ImageWanter = {
  readonly operatingSystem: {
    readonly name: string;
    readonly version: string;
    readonly arch: string;
  };
  readonly kubernetes?: { readonly version: string };
};
