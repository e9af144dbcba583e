import { constants, createReadStream } from "node:fs";
import { lstat, open } from "node:fs/promises";
import { join } from "node:path";
import type { Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { systemErrorCode } from "../../runtime/system-error.ts";
import { parsePax, parseTarHeader, type TarHeader, tarBlockBytes } from "../../wire/tar-header.ts";
import { badArchive } from "./archive.ts";
import { cleanName, linkTarget } from "./archive-name.ts";
import { namesIn } from "./blob-store.ts";
import { ByteQueue } from "./byte-queue.ts";

/** One file or link of an archive; the body is to be read to its end before the next one comes. */
export type ArchiveItem =
  | {
      readonly kind: "file";
      readonly name: string;
      readonly size: number;
      readonly body: AsyncIterable<Buffer>;
    }
  | { readonly kind: "link"; readonly name: string; readonly target: string };

/** More files than this is no archive of images: a thousand images have some 20,000. */
const itemsMax = 100_000;
/** A long name or a pax header; both are held in memory. */
const extensionBytesMax = 64 * 1024;

/** The items of a tar archive, plain or compressed by gzip or zstd, or of a folder in OCI's layout. */
export async function* readArchive(path: string): AsyncGenerator<ArchiveItem> {
  const found = await lstatOf(path);
  yield* found.isDirectory() ? readFolder(path) : readTar(path);
}

async function lstatOf(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    throw badArchive(
      `cannot read ${path} (${systemErrorCode(error)}): name an archive or a folder`,
    );
  }
}

// Only what a layout has; links are not followed, so that a folder's owner cannot have us read others' files.
async function* readFolder(path: string): AsyncGenerator<ArchiveItem> {
  const blobs = join("blobs", "sha256");
  const hashed = await namesIn(join(path, blobs));
  const names = ["oci-layout", "index.json", ...hashed.map((name) => join(blobs, name))];
  for (const name of names) {
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const handle = await open(join(path, name), flags).catch((error: unknown) => {
      const cure = "want a folder in OCI's image layout, without links";
      throw badArchive(`cannot read ${join(path, name)} (${systemErrorCode(error)}): ${cure}`);
    });
    try {
      const { size } = await handle.stat();
      yield { kind: "file", name, size, body: handle.createReadStream({ autoClose: false }) };
    } finally {
      await handle.close();
    }
  }
}

async function* readTar(path: string): AsyncGenerator<ArchiveItem> {
  await using bytes = await openTar(path);
  const walk = { told: new Map<string, string>(), items: 0 };
  for (;;) {
    const header = await nextHeader(bytes, path);
    if (header === undefined) break;
    walk.items += 1;
    if (walk.items > itemsMax) throw badArchive(`${path} has more than ${itemsMax} files`);
    const extension = await readExtension(bytes, header);
    if (extension !== undefined) {
      for (const [key, value] of extension) walk.told.set(key, value);
      continue;
    }
    const entry = withExtension(header, walk.told);
    walk.told.clear();
    const item = itemOf(entry, bytes);
    if (item !== undefined) yield item;
    // A link has no body, whatever size its header tells.
    if (entry.kind === "file") await bytes.endBody(entry.size);
  }
}

async function openTar(path: string): Promise<ByteQueue> {
  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  const raw = new ByteQueue(file, () => file.destroy());
  const head = (await raw.peek(6)).toString("hex");
  const unpack = unpackerOf(head, path);
  if (unpack === undefined) return raw;
  const source = createReadStream(path, { highWaterMark: 1 << 20 });
  await raw[Symbol.asyncDispose]();
  source.on("error", (error) => unpack.destroy(error));
  return new ByteQueue(source.pipe(unpack), () => {
    source.destroy();
    unpack.destroy();
  });
}

function unpackerOf(head: string, path: string): Transform | undefined {
  if (head.startsWith("1f8b")) return createGunzip({ chunkSize: 256 * 1024 });
  if (head.startsWith("28b52ffd")) return createZstdDecompress({ chunkSize: 256 * 1024 });
  const other = { fd377a585a00: "xz", "425a68": "bzip2" };
  const known = Object.entries(other).find(([magic]) => head.startsWith(magic));
  if (known === undefined) return undefined;
  throw badArchive(
    `${path} is packed by ${known[1]}: unpack it first; gzip and zstd are read as is`,
  );
}

async function nextHeader(bytes: ByteQueue, path: string): Promise<TarHeader | undefined> {
  const block = await bytes.take(tarBlockBytes);
  if (block === undefined)
    throw badArchive(`${path} ends without tar's last block: it was cut short`);
  return parseTarHeader(block);
}

// A header that tells of the next one: GNU's long names, pax records.
async function readExtension(
  bytes: ByteQueue,
  { kind, size }: TarHeader,
): Promise<ReadonlyMap<string, string> | undefined> {
  if (kind !== "path" && kind !== "link-path" && kind !== "pax" && kind !== "global")
    return undefined;
  if (size > extensionBytesMax)
    throw badArchive(`a tar header of ${size} bytes: want ${extensionBytesMax}`);
  const body = await bytes.takeAll(size);
  await bytes.endBody(size);
  if (kind === "global") return new Map();
  if (kind === "pax") return parsePax(body);
  const end = body.indexOf(0);
  const text = body.toString("utf8", 0, end < 0 ? size : end);
  return new Map([[kind === "path" ? "path" : "linkpath", text]]);
}

function withExtension(header: TarHeader, told: ReadonlyMap<string, string>): TarHeader {
  const size = told.get("size");
  return {
    kind: header.kind,
    name: told.get("path") ?? header.name,
    link: told.get("linkpath") ?? header.link,
    size: size === undefined ? header.size : sizeOf(size),
  };
}

function sizeOf(text: string): number {
  const size = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(size)) throw badArchive(`a pax header tells the size "${text.slice(0, 20)}"`);
  return size;
}

function itemOf({ kind, name, size, link }: TarHeader, bytes: ByteQueue): ArchiveItem | undefined {
  if (kind === "folder") return undefined;
  const clean = cleanName(name);
  if (kind === "file") return { kind, name: clean, size, body: bytes.body(size) };
  if (kind === "symlink") return { kind: "link", name: clean, target: linkTarget(clean, link) };
  if (kind === "hardlink") return { kind: "link", name: clean, target: cleanName(link) };
  throw badArchive(`${clean} is a device or a pipe: want files only`);
}
