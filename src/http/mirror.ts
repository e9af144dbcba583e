import type { Digest } from "../assets/oci/digest.ts";
import type { ImageRecord } from "../assets/oci/image-record.ts";
import type { OciStore } from "../assets/oci/oci-store.ts";
import type { RepositoryName } from "../assets/oci/reference.ts";
import type { Wanted } from "../assets/oci/registry-path.ts";
import type { ArrivingFile, Upstreamed } from "../assets/oci/upstream-answer.ts";
import type { AssetFolder } from "./deps.ts";
import type { MissingImages } from "./missing-images.ts";

/** The container images of this LAN and how they are served. */
export type ImageMirror = {
  readonly store: OciStore;
  /** The store's blobs as a folder that the asset routes' code sends from. */
  readonly blobs: AssetFolder;
  readonly missing: MissingImages;
  /** Where it is served besides, with nothing else; absent: nowhere. */
  readonly port?: number | undefined;
  /** Absent: what is not in the store is not there. */
  readonly upstream?: ImageUpstream | undefined;
};

/** Other registries, whose images are kept here once somebody asked. */
export type ImageUpstream = {
  readonly refreshMs: number;
  /** May this registry be asked? */
  serves(registry: string): boolean;
  /** Fetches a manifest, keeps it, and tells what it is. */
  manifest(name: RepositoryName, wanted: Wanted): Promise<Upstreamed<{ record: ImageRecord }>>;
  /** Fetches a blob; it can be read while it arrives. */
  blob(name: RepositoryName, digest: Digest): Promise<Upstreamed<{ blob: ArrivingFile }>>;
};
