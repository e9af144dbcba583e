import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { WireError } from "../../errors.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import {
  type ArchiveEntry,
  type ArchivePlan,
  badArchive,
  type LayerCheck,
  mismatch,
  type PlannedImage,
} from "./archive.ts";
import { planArchive } from "./archive-plan.ts";
import { type ArchiveItem, readArchive } from "./archive-reader.ts";
import { type StagedBlob, sha256 } from "./blob-store.ts";
import { type Digest, digestOfHex, isDigest } from "./digest.ts";
import { manifestBytesMax } from "./manifest.ts";
import { layerTypeOf } from "./media-type.ts";
import type { OciStore } from "./oci-store.ts";
import type { ImageReference } from "./reference.ts";

export type ImportWish = {
  /** An archive, or a folder in OCI's layout. */
  readonly path: string;
  readonly as?: ImageReference | undefined;
  /** A larger file of the archive is refused. */
  readonly blobBytesMax: number;
  readonly now: () => number;
  /** Called as the work goes on, with the bytes read so far. */
  readonly progress: (bytes: number) => void;
  readonly signal: AbortSignal;
};

/** What was read of an archive and lies in a staging folder. */
type Staged = {
  readonly entries: Map<string, ArchiveEntry>;
  readonly links: Map<string, string>;
  readonly blobs: Map<Digest, StagedBlob>;
};

/**
 * Brings the images of an archive into the store and tells which. Each file is read once, written once and
 * hashed on its way, whatever its size; nothing is seen before all of the archive was verified.
 */
export async function importArchive(
  store: OciStore,
  wish: ImportWish,
): Promise<readonly PlannedImage[]> {
  using _lock = await store.lock();
  const staging = await store.blobs.openStaging();
  try {
    const staged = await stageAll(store, staging, wish);
    const plan = await planWith(store, staged, wish);
    for (const check of plan.checks) await checkLayer(store, staged, check);
    for (const digest of plan.blobs) {
      const blob = staged.blobs.get(digest);
      if (blob !== undefined) await store.blobs.publish(blob);
    }
    for (const { bytes } of plan.made) await store.blobs.put(bytes);
    for (const image of plan.images) await nameImage(store, image, wish.now());
    return plan.images;
  } catch (error) {
    throw translate(error, wish.path);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function stageAll(store: OciStore, staging: string, wish: ImportWish): Promise<Staged> {
  const staged: Staged = { entries: new Map(), links: new Map(), blobs: new Map() };
  let read = 0;
  const counted = async function* (body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of body) {
      if (wish.signal.aborted) throw badArchive(`stopped at ${wish.path}; nothing of it was kept`);
      read += chunk.length;
      wish.progress(read);
      yield chunk;
    }
  };
  for await (const item of readArchive(wish.path)) {
    if (item.kind === "link") {
      staged.links.set(item.name, item.target);
      continue;
    }
    const blob = await stageFile(store, { ...item, body: counted(item.body) }, { staging, wish });
    staged.blobs.set(blob.digest, blob);
    const { digest, size } = blob;
    staged.entries.set(item.name, { digest, size, layerType: layerTypeOf(blob.head) });
  }
  return staged;
}

async function stageFile(
  store: OciStore,
  { name, size, body }: Extract<ArchiveItem, { kind: "file" }>,
  { staging, wish }: { staging: string; wish: ImportWish },
): Promise<StagedBlob> {
  const promised = name.replace(/^blobs\/sha256\//, "sha256:");
  const digest = isDigest(promised) ? promised : undefined;
  const blob = await store.blobs.stage(staging, body, {
    bytesMax: wish.blobBytesMax,
    ...(digest && { expect: { digest, size } }),
  });
  if (digest === undefined || blob.digest === digest) return blob;
  throw mismatch(name, { want: digest, got: blob.digest });
}

async function planWith(
  store: OciStore,
  { entries, links, blobs }: Staged,
  { as }: ImportWish,
): Promise<Extract<ArchivePlan, { kind: "plan" }>> {
  const documents = new Map<Digest, Uint8Array>();
  for (;;) {
    const plan = planArchive({ listing: { entries, links }, documents, as, sha256 });
    if (plan.kind === "plan") return plan;
    for (const digest of plan.digests) {
      documents.set(digest, await readStaged(store, digest, blobs.get(digest)));
    }
  }
}

async function readStaged(
  store: OciStore,
  digest: Digest,
  staged: StagedBlob | undefined,
): Promise<Uint8Array> {
  if (staged !== undefined && staged.size > manifestBytesMax) {
    throw badArchive(`${digest}: want a document of at most ${manifestBytesMax} bytes`);
  }
  const known = await store.blobs.read(digest, manifestBytesMax);
  return known ?? (await readFile(staged?.path ?? store.blobs.pathOf(digest)));
}

// The configuration tells what a layer hashes to unpacked: read again, since that is known only now.
async function checkLayer(
  store: OciStore,
  { blobs }: Staged,
  { layer, diffId }: LayerCheck,
): Promise<void> {
  const staged = blobs.get(layer);
  if (staged === undefined) return;
  const isHere = (await store.blobs.sizeOf(layer)) !== undefined;
  const source = createReadStream(isHere ? store.blobs.pathOf(layer) : staged.path);
  const isGzip = layerTypeOf(staged.head).endsWith("+gzip");
  const unpack = isGzip ? createGunzip() : createZstdDecompress();
  source.on("error", (error) => unpack.destroy(error));
  const hash = createHash("sha256");
  for await (const chunk of source.pipe(unpack)) hash.update(chunk);
  const got = digestOfHex(hash.digest("hex"));
  if (got !== diffId) throw mismatch(`layer ${layer}, unpacked`, { want: diffId, got });
}

async function nameImage(store: OciStore, image: PlannedImage, at: number): Promise<void> {
  const { references, digest, mediaType, bytes, platforms } = image;
  for (const reference of references) {
    await store.name(reference, { digest, mediaType, bytes, platforms, at, source: "import" });
  }
}

function translate(error: unknown, path: string): unknown {
  if (error instanceof WireError) return badArchive(`${path}: ${error.message}`);
  const isPacking = error instanceof Error && "code" in error && /^Z/.test(String(error.code));
  return isPacking ? badArchive(`${path} is damaged (${systemErrorCode(error)})`) : error;
}
