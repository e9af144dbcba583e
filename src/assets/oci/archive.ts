import { KindlingError } from "../../errors.ts";
import type { Digest } from "./digest.ts";
import type { Descriptor } from "./manifest.ts";
import type { ImageReference } from "./reference.ts";

/** A file of an archive, after it was read and hashed. */
export type ArchiveEntry = {
  readonly digest: Digest;
  readonly size: number;
  /** What it is as a layer, by its first bytes. */
  readonly layerType: string;
};

/** What an archive has; links are texts only, nothing is ever followed on disk. */
export type ArchiveListing = {
  readonly entries: ReadonlyMap<string, ArchiveEntry>;
  readonly links: ReadonlyMap<string, string>;
};

/** What a plan is made from besides the listing. */
export type PlanDeps = {
  readonly listing: ArchiveListing;
  /** The small files that were read so far. */
  readonly documents: ReadonlyMap<Digest, Uint8Array>;
  /** What the image shall be called, whatever the archive says. */
  readonly as?: ImageReference | undefined;
  readonly sha256: (bytes: Uint8Array) => Digest;
};

/** A document that is no file of the archive: written here. */
export type MadeDocument = { readonly digest: Digest; readonly bytes: Uint8Array };

export type PlannedImage = {
  readonly references: readonly ImageReference[];
  readonly digest: Digest;
  readonly mediaType: string;
  /** Of all its blobs. */
  readonly bytes: number;
  readonly platforms: readonly string[];
  /** Platforms that its index names and the archive lacks. */
  readonly absent: readonly string[];
};

/** A compressed layer and what its content has to hash to. */
export type LayerCheck = { readonly layer: Digest; readonly diffId: Digest };

export type ArchivePlan =
  | { readonly kind: "want"; readonly digests: readonly Digest[] }
  | {
      readonly kind: "plan";
      readonly images: readonly PlannedImage[];
      /** Files of the archive that go into the store. */
      readonly blobs: readonly Digest[];
      readonly made: readonly MadeDocument[];
      readonly checks: readonly LayerCheck[];
    };

/** The file of this name, through the archive's own links. */
export function entryNamed(
  { entries, links }: ArchiveListing,
  name: string,
): ArchiveEntry | undefined {
  const target = links.get(name);
  return entries.get(name) ?? (target === undefined ? undefined : entries.get(target));
}

/** A blob that a document promises: there, and as long as promised. */
export function holdsBlob(listing: ArchiveListing, { digest, size }: Descriptor): boolean {
  return entryNamed(listing, blobName(digest))?.size === size;
}

/** Where a layout keeps a blob. */
export function blobName(digest: Digest): string {
  return `blobs/${digest.replace(":", "/")}`;
}

/** The archive is not what it should be. */
export function badArchive(why: string): KindlingError {
  return new KindlingError("oci.archive", why);
}

/** Bytes that hash to something else than was promised. */
export function mismatch(
  what: string,
  { want, got }: { readonly want: Digest; readonly got: Digest },
): KindlingError {
  const cure = "it was damaged or changed: fetch it again";
  return new KindlingError("oci.digest", `${what}: want ${want}, got ${got}; ${cure}`, {
    want,
    got,
  });
}
