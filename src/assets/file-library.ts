import { createHash } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { sep } from "node:path";

/** A whole file in memory, shared by all who serve it: read only. */
export type FileContent = {
  readonly bytes: Buffer;
  /** The real path of the file. */
  readonly path: string;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly modified: Date;
};

export type FileReading =
  | { readonly kind: "content"; readonly content: FileContent }
  | { readonly kind: "absent" }
  | { readonly kind: "refused"; readonly reason: string };

export type FileWish = {
  readonly path: string;
  /** A larger file is refused. */
  readonly bytesMax: number;
  /** The folder that no link may lead out of; absent: links are followed wherever they lead. */
  readonly within?: string | undefined;
};

/** Reads files and keeps the latest in memory until their size or time of change differs. */
export type FileLibrary = {
  read(wish: FileWish): Promise<FileReading>;
  /** What is kept in memory now. */
  keptBytes(): number;
};

/**
 * One file as it was when it was read; a promise, so that a hundred machines at once cost one read.
 */
type Cached = {
  readonly stamp: string;
  readonly size: number;
  readonly content: Promise<FileContent>;
};

/** Anybody may ask for every file of a folder, one after the other: so much is kept at most. */
export function openFileLibrary(cacheBytesMax: number): FileLibrary {
  /** By real path, the latest read last. */
  const cache = new Map<string, Cached>();
  const readReal = async (path: string, bytesMax: number): Promise<FileReading> => {
    // What is in memory needs no descriptor: loaders go on when there is none left.
    const kept = cache.get(path);
    if (kept !== undefined && kept.size <= bytesMax && kept.stamp === stampOf(await stat(path))) {
      return { kind: "content", content: await kept.content };
    }
    // O_NONBLOCK: opening a FIFO would wait for its other end. O_NOFOLLOW: the path was resolved.
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
    await using file = await open(path, flags);
    const stats = await file.stat();
    if (!stats.isFile()) return { kind: "absent" };
    if (stats.size > bytesMax) {
      return { kind: "refused", reason: `has ${stats.size} bytes, want at most ${bytesMax}` };
    }
    const stamp = stampOf(stats);
    const known = cache.get(path);
    if (known?.stamp === stamp) return { kind: "content", content: await known.content };
    const content = readContent(file, path, stats.mtime);
    content.catch(() => cache.delete(path));
    cache.delete(path);
    cache.set(path, { stamp, size: stats.size, content });
    forgetOldest(cache, cacheBytesMax);
    return { kind: "content", content: await content };
  };
  return {
    keptBytes: () => sizeOf(cache),
    async read({ path, bytesMax, within }) {
      try {
        const real = await realpath(path);
        if (within !== undefined && !real.startsWith((await realpath(within)) + sep)) {
          const reason = `is a link out of ${within}: put the file itself there`;
          return { kind: "refused", reason };
        }
        return await readReal(real, bytesMax);
      } catch (error) {
        return refusalOf(error);
      }
    },
  };
}

function stampOf({ size, mtimeMs, ctimeMs }: Stats): string {
  return `${size} ${mtimeMs} ${ctimeMs}`;
}

async function readContent(file: FileHandle, path: string, modified: Date): Promise<FileContent> {
  const bytes = await file.readFile();
  return { bytes, path, modified, sha256: createHash("sha256").update(bytes).digest("hex") };
}

function forgetOldest(cache: Map<string, Cached>, bytesMax: number): void {
  let total = sizeOf(cache);
  for (const [path, { size }] of cache) {
    if (total <= bytesMax) return;
    cache.delete(path);
    total -= size;
  }
}

function sizeOf(cache: ReadonlyMap<string, Cached>): number {
  return [...cache.values()].reduce((sum, { size }) => sum + size, 0);
}

// Absent is everyday. Anything else (no rights, a disk error) must not pass for "not installed".
function refusalOf(error: unknown): FileReading {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  if (code === undefined) throw error;
  if (code === "ENOENT" || code === "ENOTDIR") return { kind: "absent" };
  return { kind: "refused", reason: `cannot be read: ${code}` };
}
