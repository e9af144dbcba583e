import { createHash, type Hash } from "node:crypto";
import { type FileHandle, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createZstdDecompress } from "node:zlib";
import { KindlingError, WireError } from "../../errors.ts";
import { lockFile } from "../../runtime/file-lock.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import { BundleReader } from "./bundle.ts";
import { BundleIntake, type ImageProof, type IntakeStep, type Vouch } from "./bundle-intake.ts";
import { bundleSealBytes, parseBundleSeal } from "./bundle-seal.ts";
import { checkSpace } from "./hand-import.ts";
import { type ImageId, imagePath } from "./image.ts";
import type { ImageLibrary } from "./image-library.ts";
import { publishedFolder } from "./layout.ts";
import { formatManifest, manifestFile } from "./manifest.ts";

export type ImportWish = {
  readonly file: string;
  readonly library: ImageLibrary;
  readonly vouch: Vouch;
  /** Everything is read and checked, and nothing is written. */
  readonly dryRun: boolean;
  /** Another program packed it, so there is no seal behind it. */
  readonly repacked: boolean;
  /** What the operator was told that the SHA-256 of the whole file is. */
  readonly sha256?: string | undefined;
  readonly tell: (step: IntakeStep) => void;
  readonly signal: AbortSignal;
};

/** What became of one image of a bundle. */
export type ImportedImage = {
  readonly id: ImageId;
  /** "same": it is here already, to the byte. */
  readonly outcome: "new" | "same" | "replaced";
};

const chunkBytes = 1024 * 1024;

/**
 * Brings the images of a bundle in. All of it is read and checked before the first image is shown to
 * machines; what fails a check is thrown away, and the library stays as it was.
 */
export async function importBundle(wish: ImportWish): Promise<readonly ImportedImage[]> {
  const { library } = wish;
  const room = join(library.folders.work, "import");
  using _lock = wish.dryRun ? undefined : await takeRoom(library);
  try {
    if (!wish.dryRun) await rm(room, { recursive: true, force: true });
    const outcomes = new Map<string, ImportedImage>();
    let wanted = 0;
    const folderOf = async (proof: ImageProof): Promise<string | undefined> => {
      const found = await decideOutcome(library, proof);
      outcomes.set(imagePath(proof.id), { id: proof.id, outcome: found });
      if (wish.dryRun || found === "same") return undefined;
      // Asked for each image before the first file of any is written.
      wanted += proof.manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
      await mkdir(room, { recursive: true, mode: 0o755 });
      await checkSpace(room, wanted);
      return join(room, imagePath(proof.id));
    };
    const proofs = await readBundleFile(wish, folderOf);
    for (const proof of wish.dryRun ? [] : proofs) {
      if (outcomes.get(imagePath(proof.id))?.outcome === "same") continue;
      await publish(library, proof, join(room, imagePath(proof.id)));
    }
    return [...outcomes.values()];
  } finally {
    if (!wish.dryRun) await rm(room, { recursive: true, force: true });
  }
}

async function takeRoom({ folders }: ImageLibrary): Promise<Disposable> {
  const locks = join(folders.work, "locks");
  await mkdir(locks, { recursive: true, mode: 0o755 });
  // No image is called so.
  const attempt = lockFile(join(locks, ".import"));
  if (attempt.kind === "locked") return attempt;
  const message = `an import runs already, pid ${attempt.pid}: wait for it, or end it`;
  throw new KindlingError("image.busy", message, { pid: attempt.pid });
}

async function decideOutcome(
  { folders }: ImageLibrary,
  { id, manifest }: ImageProof,
): Promise<ImportedImage["outcome"]> {
  const path = join(publishedFolder(folders, id), manifestFile);
  const present = await readFile(path, "utf8").catch((error: unknown) => {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  });
  if (present === undefined) return "new";
  return present === formatManifest(manifest) ? "same" : "replaced";
}

async function publish(library: ImageLibrary, proof: ImageProof, from: string): Promise<void> {
  using stage = await library.stage(proof.id);
  // What an earlier pull of this very version had begun is not wanted any more.
  await rm(stage.folder, { recursive: true, force: true });
  await rename(from, stage.folder);
  await stage.publish(proof.manifest);
}

async function readBundleFile(
  wish: ImportWish,
  folderOf: (proof: ImageProof) => Promise<string | undefined>,
): Promise<readonly ImageProof[]> {
  await using file = await openBundle(wish.file);
  const { size } = await file.stat();
  const tail = await readTail(file, size);
  const seal = parseBundleSeal(tail);
  if (seal === undefined && !wish.repacked) {
    const cure = "bring it again, or say --repacked if another program packed it";
    throw unverified(wish.file, `it has no seal at its end: it is cut off, or no bundle; ${cure}`);
  }
  const end = seal === undefined ? size : size - bundleSealBytes;
  const hash = createHash("sha256");
  await using intake = new BundleIntake({ vouch: wish.vouch, folderOf, tell: wish.tell });
  await unpack({ file, end, hash, intake, wish });
  if (seal !== undefined && hash.copy().digest("hex") !== seal.sha256) {
    throw unverified(wish.file, "its bytes are not those that were sealed: bring it again");
  }
  if (seal !== undefined) hash.update(tail);
  const sha256 = hash.digest("hex");
  if (wish.sha256 !== undefined && wish.sha256 !== sha256) {
    throw unverified(wish.file, `want SHA-256 ${wish.sha256}, got ${sha256}`);
  }
  return intake.proofs;
}

async function openBundle(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    const message = `${path} cannot be read: ${systemErrorCode(error)}; name a bundle of kindling image export`;
    throw new KindlingError("usage.invalid", message, { path }, error);
  }
}

async function readTail(file: FileHandle, size: number): Promise<Uint8Array> {
  const tail = Buffer.alloc(Math.min(size, bundleSealBytes));
  await file.read(tail, 0, tail.length, size - tail.length);
  return tail;
}

type Unpacking = {
  readonly file: FileHandle;
  /** Where the compressed archive ends. */
  readonly end: number;
  readonly hash: Hash;
  readonly intake: BundleIntake;
  readonly wish: ImportWish;
};

async function unpack({ file, end, hash, intake, wish }: Unpacking): Promise<void> {
  const reader = new BundleReader();
  const decompress = createZstdDecompress({ chunkSize: chunkBytes });
  try {
    await pipeline(
      hashed(file, end, hash),
      decompress,
      async (chunks: AsyncIterable<Uint8Array>) => {
        for await (const chunk of chunks) {
          for (const event of reader.push(chunk)) await intake.take(event);
        }
      },
      { signal: wish.signal },
    );
    reader.finish();
  } catch (error) {
    throw translate(error, wish.file, reader.place);
  }
  // The platform stops at the end of the first frame and says nothing of what follows.
  const rest = end - decompress.bytesWritten;
  if (rest > 0) throw unverified(wish.file, `${rest} bytes come behind the end of its archive`);
}

async function* hashed(file: FileHandle, end: number, hash: Hash): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < end; ) {
    const chunk = Buffer.alloc(Math.min(chunkBytes, end - at));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    hash.update(chunk.subarray(0, bytesRead));
    yield chunk.subarray(0, bytesRead);
  }
}

function translate(error: unknown, file: string, place: string): unknown {
  if (error instanceof WireError) return unverified(file, error.message);
  // Here a manifest is what somebody brought, not what broke.
  if (error instanceof KindlingError && error.code === "image.broken") {
    return unverified(file, error.message);
  }
  if (error instanceof KindlingError) return error;
  const code = systemErrorCode(error);
  if (code.startsWith("ZSTD_") || code === "Z_BUF_ERROR") {
    return unverified(file, `near ${place}: the compressed bytes are damaged or cut off (${code})`);
  }
  if (code === "ENOSPC") {
    const message = `the disk is full at ${place}: kindling image gc makes room`;
    return new KindlingError("image.no-space", message, { file, place }, error);
  }
  return error;
}

function unverified(file: string, why: string): KindlingError {
  return new KindlingError("image.unverified", `${file}: ${why}`, { file });
}
