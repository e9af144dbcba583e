import { KindlingError, WireError } from "../../errors.ts";
import {
  type ArchiveEntry,
  type ArchivePlan,
  badArchive,
  entryNamed,
  type LayerCheck,
  type MadeDocument,
  mismatch,
  type PlanDeps,
  type PlannedImage,
} from "./archive.ts";
import { type Digest, digestOfHex, hexOf, isDigest } from "./digest.ts";
import { isObject, manifestBytesMax, parseJson, platformsOf } from "./manifest.ts";
import { MediaType } from "./media-type.ts";
import { type ImageReference, parseReference } from "./reference.ts";

/** Docker makes 127 layers at most. */
const layersMax = 1_000;
const imagesMax = 1_000;

/** A row of `manifest.json`. */
type Row = {
  readonly config: string;
  readonly tags: readonly string[];
  readonly layers: readonly string[];
};

/** An image whose files were found. */
type Found = {
  readonly row: Row;
  readonly config: ArchiveEntry;
  readonly layers: readonly ArchiveEntry[];
};

type Made = {
  readonly image: PlannedImage;
  readonly document: MadeDocument;
  readonly blobs: readonly Digest[];
  readonly checks: readonly LayerCheck[];
};

/**
 * The plan of a `docker save` archive. It has no manifests, so each image gets one, OCI's; its layers stay
 * as they are, most often plain tar, since compressed anew they would have other digests every time.
 */
export function planDockerArchive(deps: PlanDeps): ArchivePlan {
  const { listing, documents, as } = deps;
  const list = listing.entries.get("manifest.json");
  const bytes = list && documents.get(list.digest);
  if (list === undefined || bytes === undefined) {
    return { kind: "want", digests: list ? [list.digest] : [] };
  }
  const found = readRows(bytes).map((row) => findFiles(deps, row));
  const wanted = found.map(({ config }) => config.digest).filter((one) => !documents.has(one));
  if (wanted.length > 0) return { kind: "want", digests: [...new Set(wanted)] };
  if (as !== undefined && found.length !== 1) {
    const message = `--as names one image, and the archive has ${found.length}: leave it out`;
    throw new KindlingError("usage.invalid", message);
  }
  const made = found.map((one) => makeImage(deps, one));
  return {
    kind: "plan",
    images: made.map(({ image }) => image),
    blobs: [...new Set(made.flatMap(({ blobs }) => blobs))],
    made: made.map(({ document }) => document),
    checks: made.flatMap(({ checks }) => checks),
  };
}

function readRows(bytes: Uint8Array): readonly Row[] {
  const rows = parseJson(bytes, "manifest.json");
  if (!Array.isArray(rows) || rows.length === 0 || rows.length > imagesMax) {
    throw badArchive(`manifest.json: want a list of 1 to ${imagesMax} images`);
  }
  return rows.map((row: unknown, at) => {
    const place = `manifest.json[${at}]`;
    if (!isObject(row)) throw badArchive(`${place}: want an image`);
    const { Config: config, RepoTags: tags, Layers: layers } = row;
    if (typeof config !== "string") throw badArchive(`${place}: want Config, a file's name`);
    if (!isTexts(layers) || layers.length > layersMax) {
      throw badArchive(`${place}: want Layers, at most ${layersMax} names of files`);
    }
    return { config, tags: isTexts(tags) ? tags : [], layers };
  });
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function findFiles({ listing }: PlanDeps, row: Row): Found {
  const find = (name: string): ArchiveEntry => {
    const entry = entryNamed(listing, name);
    if (entry !== undefined) return entry;
    throw badArchive(`manifest.json names ${name}, which the archive lacks`);
  };
  const config = find(row.config);
  if (config.size > manifestBytesMax) throw badArchive(`${row.config} has ${config.size} bytes`);
  return { row, config, layers: row.layers.map(find) };
}

function makeImage(deps: PlanDeps, found: Found): Made {
  const { row, config, layers } = found;
  const document = parseConfig(deps, found);
  const checks = checkLayers(document, found);
  const manifest = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: { mediaType: MediaType.ociConfig, digest: config.digest, size: config.size },
    layers: layers.map(({ digest, size, layerType }) => ({ mediaType: layerType, digest, size })),
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  const digest = deps.sha256(bytes);
  const all = [config, ...layers];
  return {
    image: {
      ...{ references: referencesOf(row, deps.as), digest, mediaType: MediaType.ociManifest },
      bytes: bytes.length + all.reduce((sum, { size }) => sum + size, 0),
      platforms: platformsOf(document),
      absent: [],
    },
    document: { digest, bytes },
    blobs: all.map((one) => one.digest),
    checks,
  };
}

// Its file is named for its SHA-256 by Docker, skopeo and podman.
function parseConfig({ documents }: PlanDeps, { row, config }: Found): Uint8Array {
  const [, hex] = /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(row.config) ?? [];
  if (hex !== undefined && hex !== hexOf(config.digest)) {
    throw mismatch(row.config, { want: digestOfHex(hex), got: config.digest });
  }
  return documents.get(config.digest) ?? new Uint8Array();
}

// The configuration says what each layer hashes to when it is not compressed.
function checkLayers(config: Uint8Array, { row, layers }: Found): readonly LayerCheck[] {
  const told = parseJson(config, row.config);
  const rootfs = isObject(told) ? told["rootfs"] : undefined;
  const ids = isObject(rootfs) ? rootfs["diff_ids"] : undefined;
  if (!isTexts(ids) || ids.length !== layers.length) {
    const message = `${row.config}: want a digest in rootfs.diff_ids for each of ${layers.length} layers`;
    throw badArchive(message);
  }
  return layers.flatMap(({ digest, layerType }, at) => {
    const diffId = ids[at] ?? "";
    if (!isDigest(diffId)) throw badArchive(`${row.config}: "${diffId}" is no digest`);
    if (layerType !== MediaType.ociLayer) return [{ layer: digest, diffId }];
    if (digest !== diffId)
      throw mismatch(row.layers[at] ?? "a layer", { want: diffId, got: digest });
    return [];
  });
}

function referencesOf({ tags }: Row, as: ImageReference | undefined): readonly ImageReference[] {
  if (as !== undefined) {
    const tag = as.tag ?? readTag(tags[0]).tag ?? "latest";
    return [{ registry: as.registry, repository: as.repository, tag }];
  }
  if (tags.length > 0) return tags.map(readTag);
  throw badArchive("manifest.json gives the image no name: name it by --as quay.io/org/name:tag");
}

function readTag(text: string | undefined): ImageReference {
  try {
    return parseReference(text ?? "unnamed:latest");
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw badArchive(`manifest.json: ${error.message}; name the image by --as`);
  }
}
