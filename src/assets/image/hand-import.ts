import { createHash } from "node:crypto";
import { mkdir, open, rm, statfs, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { KindlingError } from "../../errors.ts";
import type { ImageArchitecture, ImageId } from "./image.ts";
import type { ImageLibrary } from "./image-library.ts";
import type { ImageRef } from "./layout.ts";
import { type ImageManifest, proofFolder, type Voucher } from "./manifest.ts";
import { type RawStep, withRawDigests } from "./raw-digest.ts";
import type { Recipe } from "./recipe.ts";
import { decideSpace } from "./space.ts";

/** What somebody vouches for: the checksums of files that an operator brings. */
export type HandChecksums = {
  /** By the name of the operator's file. */
  of(file: string): { readonly sha256: string; readonly vouchers: readonly Voucher[] } | undefined;
  /** Rows of the manifest, and the papers below the folder of proofs, that prove it. */
  readonly documents: ImageManifest["documents"];
  readonly papers: ReadonlyMap<string, Uint8Array>;
};

export type HandStep =
  | {
      readonly kind: "hashing" | "copying";
      readonly file: string;
      readonly bytes: number;
      readonly total: number;
    }
  | RawStep;

export type HandWish = {
  readonly library: ImageLibrary;
  /** Of this host; throws `image.unknown`. */
  readonly recipeOf: (name: string) => Promise<Recipe>;
  readonly checksumsFor: (recipe: Recipe) => Promise<HandChecksums>;
  /** What the operator says it is. */
  readonly as?: ImageRef | undefined;
  readonly arch?: ImageArchitecture | undefined;
  readonly dryRun: boolean;
  readonly tell: (step: HandStep) => void;
  readonly now: number;
  readonly signal: AbortSignal;
};

export type HashedFile = { readonly bytes: number; readonly sha256: string };

/** Somewhere to put files: a stage, or nowhere in a dry run. */
export type HandFolder = {
  /** Writes and hashes; `path` is below the image's folder. */
  put(path: string, chunks: AsyncIterable<Uint8Array>, total: number): Promise<HashedFile>;
};

/** Builds an image out of what was brought and shows it to machines; in a dry run it only reads. */
export async function buildByHand(
  id: ImageId,
  bytes: number,
  {
    wish,
    build,
  }: { readonly wish: HandWish; readonly build: (folder: HandFolder) => Promise<HandBuilt> },
): Promise<void> {
  if (wish.dryRun) {
    await build(folderAt(undefined, wish));
    return;
  }
  using stage = await wish.library.stage(id);
  // What an earlier pull of this very version had begun is not wanted any more.
  await rm(stage.folder, { recursive: true, force: true });
  await mkdir(stage.folder, { mode: 0o755 });
  await checkSpace(stage.folder, bytes);
  try {
    const { manifest, papers } = await build(folderAt(stage.folder, wish));
    for (const [file, paper] of papers) {
      const path = join(stage.folder, proofFolder, file);
      await mkdir(dirname(path), { recursive: true, mode: 0o755 });
      await writeFile(path, paper, { mode: 0o644 });
    }
    await stage.publish(await withRawDigests(manifest, stage.folder, wish));
  } catch (error) {
    await rm(stage.folder, { recursive: true, force: true });
    throw error;
  }
}

export type HandBuilt = {
  readonly manifest: ImageManifest;
  readonly papers: ReadonlyMap<string, Uint8Array>;
};

/** Throws `image.no-space` when the disk of this folder has less than `bytes` to spare. */
export async function checkSpace(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const space = decideSpace(bavail * bsize, bytes);
  if (space.kind === "too-little") throw new KindlingError("image.no-space", space.sentence);
}

/** Holds a file against what somebody vouches for. */
export function checkHash(
  file: string,
  got: string,
  expected: ReturnType<HandChecksums["of"]>,
): readonly Voucher[] {
  if (expected === undefined) {
    const cure = `compare it with the upstream's and say --sha256 ${got}`;
    throw unverified(file, `nothing vouches for it; its SHA-256 is ${got}: ${cure}`);
  }
  if (expected.sha256 === got) return expected.vouchers;
  throw unverified(file, `want SHA-256 ${expected.sha256}, got ${got}: bring it again`);
}

/** Hashes bytes on their way to nowhere. */
export async function hashChunks(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  { total, wish }: { readonly total: number; readonly wish: HandWish },
): Promise<string> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of chunks) {
    wish.signal.throwIfAborted();
    hash.update(chunk);
    bytes += chunk.length;
    wish.tell({ kind: "hashing", file, bytes, total });
  }
  return hash.digest("hex");
}

export function folderAt(root: string | undefined, wish: HandWish): HandFolder {
  return {
    async put(path, chunks, total) {
      if (root === undefined) {
        const sha256 = await hashChunks(path, chunks, { total, wish });
        return { bytes: total, sha256 };
      }
      const target = join(root, path);
      await mkdir(dirname(target), { recursive: true, mode: 0o755 });
      await using file = await open(target, "wx", 0o644);
      const hash = createHash("sha256");
      let bytes = 0;
      for await (const chunk of chunks) {
        wish.signal.throwIfAborted();
        hash.update(chunk);
        for (let done = 0; done < chunk.length; ) {
          done += (await file.write(chunk, done)).bytesWritten;
        }
        bytes += chunk.length;
        wish.tell({ kind: "copying", file: path, bytes, total });
      }
      return { bytes, sha256: hash.digest("hex") };
    },
  };
}

function unverified(file: string, why: string): KindlingError {
  return new KindlingError("image.unverified", `${file}: ${why}`, { file });
}
