import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { constants, createZstdCompress, type ZstdCompress } from "node:zlib";
import { KindlingError } from "../../errors.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import {
  type Bundle,
  type BundleImage,
  type BundleMember,
  bundleFile,
  bundleMembers,
  formatBundle,
  isProof,
  memberPath,
} from "./bundle.ts";
import { findMismatch } from "./bundle-match.ts";
import { formatBundleSeal } from "./bundle-seal.ts";
import { type ImageId, imagePath } from "./image.ts";
import type { StoredImage } from "./image-library.ts";
import { manifestFile } from "./manifest.ts";
import { formatTarEnd, formatTarHeader, type TarFile, tarPadding } from "./tar-write.ts";

/** How far a long work has come, by bytes of files. */
export type BundleProgress = (file: string, done: number, total: number) => void;

export type ExportWish = {
  readonly images: readonly StoredImage[];
  /** What the bundle is called; it is there when it is whole. */
  readonly file: string;
  readonly progress: BundleProgress;
  readonly signal: AbortSignal;
};

export type Exported = {
  readonly bundle: Bundle;
  readonly bytes: number;
  /** Of the whole file: who knows it trusts the bundle. */
  readonly sha256: string;
};

/**
 * Level 3, for all files alike: what is compressed already passes through at some 400 MB a second and grows by
 * 0.002 %, measured with random bytes; kernels and the packages of trees become smaller.
 */
const level = 3;
const chunkBytes = 1024 * 1024;

type Survey = { readonly bundle: Bundle; readonly folders: ReadonlyMap<string, string> };

/**
 * Writes images into one file. Each is held against its manifest on the way, so a bundle is never made of a
 * damaged image. The same images make the same bytes.
 */
export async function exportBundle(wish: ExportWish): Promise<Exported> {
  const survey = await surveyImages(wish.images);
  const partial = `${wish.file}.partial`;
  try {
    const written = await writeBundle(partial, survey, wish);
    await rename(partial, wish.file);
    await using folder = await open(dirname(wish.file), "r");
    await folder.sync();
    return { bundle: survey.bundle, ...written };
  } finally {
    await rm(partial, { force: true });
  }
}

async function surveyImages(images: readonly StoredImage[]): Promise<Survey> {
  const rows: BundleImage[] = [];
  for (const image of images) rows.push(await surveyImage(image));
  rows.sort((a, b) => (imagePath(a) < imagePath(b) ? -1 : 1));
  const folders = images.map(({ id, folder }) => [imagePath(id), folder] as const);
  const bundle: Bundle = { format: "kindling-bundle", version: 1, images: rows };
  return { bundle, folders: new Map(folders) };
}

async function surveyImage({ id, folder, manifest }: StoredImage): Promise<BundleImage> {
  const listed = new Map(manifest.files.map((row) => [row.file, row]));
  const files: BundleImage["files"] = [];
  for (const file of await filesBelow(folder)) {
    const row = listed.get(file);
    const hash = row ?? (isProof(file) ? await hashSmall(join(folder, file)) : undefined);
    if (hash === undefined) throw broken(id, `${file} is not in its manifest: remove it`);
    files.push({ file, bytes: hash.bytes, sha256: hash.sha256 });
  }
  const image = { ...id, files };
  // What would not be taken is not carried there.
  const text = await readFile(join(folder, manifestFile), "utf8");
  const mismatch = findMismatch(image, manifest, text);
  if (mismatch !== undefined) throw broken(id, mismatch);
  return image;
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  return files.map(({ parentPath, name }) => relative(folder, join(parentPath, name))).sort();
}

async function hashSmall(path: string): Promise<{ bytes: number; sha256: string }> {
  const bytes = await readFile(path);
  return { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

async function writeBundle(
  path: string,
  survey: Survey,
  wish: ExportWish,
): Promise<{ bytes: number; sha256: string }> {
  await using file = await openToWrite(path);
  const hash = createHash("sha256");
  let bytes = 0;
  const put = async (chunk: Uint8Array): Promise<void> => {
    hash.update(chunk);
    await writeAll(file, chunk);
    bytes += chunk.length;
  };
  const { ZSTD_c_compressionLevel, ZSTD_c_checksumFlag } = constants;
  const params = { [ZSTD_c_compressionLevel]: level, [ZSTD_c_checksumFlag]: 1 };
  const compress = createZstdCompress({ params, chunkSize: chunkBytes });
  await Promise.all([
    feed(compress, archiveOf(survey, wish.progress), wish.signal),
    drain(compress, put),
  ]);
  await put(formatBundleSeal(hash.copy().digest()));
  await file.sync();
  return { bytes, sha256: hash.digest("hex") };
}

/**
 * One chunk at a time, and the end after the last is done: where the platform meets both at once it ends its
 * frame twice, so that the bytes would depend on who was faster.
 */
async function feed(
  compress: ZstdCompress,
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const chunk of chunks) {
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        compress.write(chunk, (error) => (error ? reject(error) : resolve()));
      });
    }
    compress.end();
  } catch (error) {
    compress.destroy(error instanceof Error ? error : undefined);
    throw error;
  }
}

async function drain(
  compressed: AsyncIterable<Uint8Array>,
  put: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  for await (const chunk of compressed) await put(chunk);
}

async function openToWrite(path: string): Promise<FileHandle> {
  try {
    return await open(path, "w", 0o644);
  } catch (error) {
    const message = `${path} cannot be written: ${systemErrorCode(error)}; name a file in a folder that is yours`;
    throw new KindlingError("usage.invalid", message, { path }, error);
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    done += (await file.write(chunk, done)).bytesWritten;
  }
}

async function* archiveOf(survey: Survey, progress: BundleProgress): AsyncGenerator<Uint8Array> {
  const members = bundleMembers(survey.bundle);
  const total = members.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  const text = Buffer.from(formatBundle(survey.bundle));
  yield* framed({ path: bundleFile, size: text.length }, [text]);
  for (const member of members) {
    const path = memberPath(member);
    const folder = survey.folders.get(imagePath(member.image)) ?? "";
    const chunks = checkedFile(member, join(folder, member.file), (count) => {
      done += count;
      progress(path, done, total);
    });
    yield* framed({ path, size: member.bytes }, chunks);
  }
  yield formatTarEnd();
}

async function* framed(
  file: TarFile,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield formatTarHeader(file);
  yield* chunks;
  yield Buffer.alloc(tarPadding(file.size));
}

/** The bytes of a file, which end in an error unless they are what the bundle says. */
async function* checkedFile(
  member: BundleMember,
  path: string,
  passed: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes })) {
      bytes += chunk.length;
      // More than the header says would be read as the next member.
      if (bytes > member.bytes) break;
      hash.update(chunk);
      yield chunk;
      passed(chunk.length);
    }
  } catch (error) {
    throw broken(member.image, `${member.file} cannot be read: ${systemErrorCode(error)}`);
  }
  if (bytes !== member.bytes) {
    throw broken(member.image, `${member.file}: want ${member.bytes} bytes, got ${bytes}`);
  }
  const sha256 = hash.digest("hex");
  if (sha256 === member.sha256) return;
  throw broken(member.image, `${member.file}: want SHA-256 ${member.sha256}, got ${sha256}`);
}

function broken(id: ImageId, why: string): KindlingError {
  const path = imagePath(id);
  return new KindlingError("image.broken", `${path}: ${why}`, { image: path });
}
