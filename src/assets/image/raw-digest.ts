import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { KindlingError } from "../../errors.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import type { ImageManifest } from "./manifest.ts";
import { type Packing, packingOf } from "./packing.ts";

/** How far it is, in bytes of the packed file; or what could not be done. */
export type RawStep =
  | {
      readonly kind: "unpacking";
      readonly file: string;
      readonly bytes: number;
      readonly total: number;
    }
  | { readonly kind: "note"; readonly sentence: string };

export type RawDeps = {
  readonly tell: (step: RawStep) => void;
  readonly signal: AbortSignal;
};

/** What unpacks to more is no disk image: a few kilobytes can be made to be any size. */
const rawBytesMax = 2 ** 40;
/** What a program says of a file that it cannot unpack is short. */
const complaintChars = 500;

/**
 * The manifest with the checksum of what each packed disk image holds: whoever writes a disk can check what it
 * wrote. Nothing but a chunk at a time is in memory. A host without the program for it gets a note.
 */
export async function withRawDigests(
  manifest: ImageManifest,
  folder: string,
  deps: RawDeps,
): Promise<ImageManifest> {
  const files: ImageManifest["files"] = [];
  for (const row of manifest.files) {
    const packing = row.role === "disk" ? packingOf(row.file) : undefined;
    const rawSha256 = packing && (await digestRaw({ folder, file: row.file, packing }, deps));
    files.push(rawSha256 === undefined ? row : { ...row, rawSha256 });
  }
  return { ...manifest, files };
}

type Packed = { readonly folder: string; readonly file: string; readonly packing: Packing };

async function digestRaw(packed: Packed, deps: RawDeps): Promise<string | undefined> {
  const { folder, file, packing } = packed;
  const path = join(folder, file);
  const { tell, signal } = deps;
  const total = (await stat(path)).size;
  const hash = createHash("sha256");
  const unpacker = await openUnpacker(packing);
  if (unpacker === undefined) {
    const cure = `install ${Programs[packing]} and bring the image again, or see docs/cluster.md`;
    const sentence = `${file}: no checksum of what it holds is kept, as it cannot be unpacked here: ${cure}`;
    tell({ kind: "note", sentence });
    return undefined;
  }
  let [bytes, raw] = [0, 0];
  async function* counted(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      tell({ kind: "unpacking", file, bytes, total });
      yield chunk;
    }
  }
  async function take(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      raw += chunk.length;
      if (raw > rawBytesMax) throw broken(file, `is more than ${rawBytesMax} bytes when unpacked`);
      hash.update(chunk);
    }
  }
  const source = createReadStream(path, { highWaterMark: 1 << 20 });
  try {
    await pipeline(source, counted, unpacker.stream, take, { signal });
    await unpacker.ended;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof KindlingError) throw error;
    const why = (await unpacker.complaint()) ?? (error instanceof Error ? error.message : "");
    throw broken(file, `cannot be unpacked: ${why}`, error);
  }
  return hash.digest("hex");
}

/** What unpacks the kinds that this runtime cannot. */
const Programs = { gz: "gzip", zst: "zstd", xz: "xz", bz2: "bzip2" } as const;

type Unpacker = {
  readonly stream: Duplex;
  /** Fails where it ended badly, though it gave bytes. */
  readonly ended: Promise<void>;
  /** Why it did, in its own words. */
  readonly complaint: () => Promise<string | undefined>;
};

/** Undefined: this host has no program for it. */
async function openUnpacker(packing: Packing): Promise<Unpacker | undefined> {
  const own = { gz: createGunzip, zst: createZstdDecompress, xz: undefined, bz2: undefined };
  const stream = own[packing]?.();
  if (stream !== undefined) {
    return { stream, ended: Promise.resolve(), complaint: async () => undefined };
  }
  const child = spawn(Programs[packing], ["--decompress", "--stdout"]);
  try {
    await once(child, "spawn");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(0, complaintChars);
  });
  const closed = once(child, "close");
  const ended = closed.then(([code]) => {
    if (code !== 0) throw new Error(`${Programs[packing]} ended with ${code}`);
  });
  ended.catch(() => {}); // told by whoever reads to the end
  return {
    ended,
    stream: Duplex.from({ writable: child.stdin, readable: child.stdout }),
    complaint: async () => {
      child.kill();
      await closed;
      return said.trim() || undefined;
    },
  };
}

function broken(file: string, why: string, cause?: unknown): KindlingError {
  return new KindlingError("image.broken", `the disk image ${file} ${why}`, { file }, cause);
}
