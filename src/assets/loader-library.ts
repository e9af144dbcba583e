import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open, readdir, realpath } from "node:fs/promises";
import { sep } from "node:path";
import {
  isLoaderName,
  LoaderPaths,
  type LoaderPlace,
  loaderPlaces,
  SystemFolders,
} from "./loader-names.ts";

export type Loader = {
  readonly kind: "file";
  readonly name: string;
  /** Shared by all who serve it: read only. */
  readonly bytes: Uint8Array;
  /** The real path of the file. */
  readonly path: string;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  readonly modified: Date;
};

/** A loader, or why there is none, said so that it fits a ROM's screen and names the cure. */
export type LoaderLookup = Loader | { readonly kind: "missing"; readonly reason: string };

/** What a list tells of a loader. */
export type LoaderEntry = Omit<Loader, "kind" | "bytes"> & { readonly size: number };

export type LoaderLibrary = {
  find(name: string): Promise<LoaderLookup>;
  /** Every loader there is: the known names and what else lies in the operator's folders. */
  list(): Promise<readonly LoaderEntry[]>;
};

export type LoaderLibraryOptions = {
  /** The operator's folders, first ones first; any regular file in them is a loader. */
  readonly folders: readonly string[];
  /** A larger file is no boot loader and is not read into memory. */
  readonly fileBytesMax?: number;
  readonly systemFolders?: readonly string[];
};

const defaultFileBytesMax = 16 * 1024 * 1024;

/** Anybody may ask for every file of a folder, one after the other: so much is kept of them at most. */
const cacheBytesMax = 256 * 1024 * 1024;

/** Files listed of one folder: a folder with more is not one of loaders. */
const listLimit = 256;

/** Finds loaders and keeps each in memory until its size or time of change differs. */
export function openLoaderLibrary(options: LoaderLibraryOptions): LoaderLibrary {
  const { folders, fileBytesMax = defaultFileBytesMax, systemFolders = SystemFolders } = options;
  const cache: Cache = new Map();
  const find = async (name: string): Promise<LoaderLookup> => {
    if (!isLoaderName(name)) return { kind: "missing", reason: "no such loader name" };
    for (const place of loaderPlaces(name, folders, systemFolders)) {
      const found = await readPlace(place, cache, fileBytesMax);
      if (found.kind === "refused") return { kind: "missing", reason: `${name} ${found.reason}` };
      if (found.kind === "content") return { ...found.content, kind: "file", name };
    }
    const looked = [...folders, ...systemFolders].join(", ");
    const cure = "install the ipxe package or set loaders.folders";
    return { kind: "missing", reason: `no ${name}: ${cure} (looked in ${looked})` };
  };
  return {
    find,
    async list() {
      const names = new Set(Object.keys(LoaderPaths));
      for (const folder of folders) for (const name of await fileNames(folder)) names.add(name);
      const entries: LoaderEntry[] = [];
      for (const name of [...names].sort()) {
        const found = await find(name); // one after the other: each may be `fileBytesMax` long
        if (found.kind === "missing") continue;
        const { bytes, path, sha256, modified } = found;
        entries.push({ name, path, sha256, modified, size: bytes.length });
      }
      return entries;
    },
  };
}

type Content = Pick<Loader, "bytes" | "path" | "sha256" | "modified">;
/** One file as it was when it was read; a promise, so that a hundred machines at once cost one read. */
type Cached = { readonly stamp: string; readonly size: number; readonly content: Promise<Content> };
/** By real path, the latest read last. */
type Cache = Map<string, Cached>;

type Reading =
  | { readonly kind: "content"; readonly content: Content }
  | { readonly kind: "absent" }
  | { readonly kind: "refused"; readonly reason: string };

async function readPlace(place: LoaderPlace, cache: Cache, bytesMax: number): Promise<Reading> {
  try {
    const path = await realpath(place.path);
    if (!place.isSystem && !path.startsWith((await realpath(place.folder)) + sep)) {
      return {
        kind: "refused",
        reason: `is a link out of ${place.folder}: put the file itself there`,
      };
    }
    // O_NONBLOCK: opening a FIFO would wait for its other end. O_NOFOLLOW: the path was resolved above.
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
    await using file = await open(path, flags);
    const stat = await file.stat();
    if (!stat.isFile()) return { kind: "absent" };
    if (stat.size > bytesMax) {
      return { kind: "refused", reason: `has ${stat.size} bytes, want at most ${bytesMax}` };
    }
    const stamp = `${stat.size} ${stat.mtimeMs} ${stat.ctimeMs}`;
    const known = cache.get(path);
    if (known?.stamp === stamp) return { kind: "content", content: await known.content };
    const content = readContent(file, path, stat.mtime);
    content.catch(() => cache.delete(path));
    cache.delete(path);
    cache.set(path, { stamp, size: stat.size, content });
    forgetOldest(cache);
    return { kind: "content", content: await content };
  } catch (error) {
    return refusalOf(error);
  }
}

async function readContent(file: FileHandle, path: string, modified: Date): Promise<Content> {
  const bytes = await file.readFile();
  return { bytes, path, modified, sha256: createHash("sha256").update(bytes).digest("hex") };
}

function forgetOldest(cache: Cache): void {
  let total = [...cache.values()].reduce((sum, { size }) => sum + size, 0);
  for (const [path, { size }] of cache) {
    if (total <= cacheBytesMax) return;
    cache.delete(path);
    total -= size;
  }
}

// Absent is everyday. Anything else (no rights, a disk error) must not pass for "not installed".
function refusalOf(error: unknown): Reading {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  if (code === undefined) throw error;
  if (code === "ENOENT" || code === "ENOTDIR") return { kind: "absent" };
  return { kind: "refused", reason: `cannot be read: ${code}` };
}

async function fileNames(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const files = entries.filter((entry) => !entry.isDirectory() && isLoaderName(entry.name));
    return files.map((entry) => entry.name).slice(0, listLimit);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
