import { statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { type FileContent, openFileLibrary } from "./file-library.ts";
import { isLoaderName, LoaderPaths, loaderPlaces, SystemFolders } from "./loader-names.ts";

export type Loader = FileContent & { readonly kind: "file"; readonly name: string };

/** A loader, or why there is none, said so that it fits a ROM's screen and names the cure. */
export type LoaderLookup = Loader | { readonly kind: "missing"; readonly reason: string };

/** What a list tells of a loader. */
export type LoaderEntry = Omit<Loader, "kind" | "bytes"> & { readonly size: number };

export type LoaderLibrary = {
  find(name: string): Promise<LoaderLookup>;
  /** Is there a file of this name that `find` would look at? Its content is not read. */
  has(name: string): boolean;
  /** Every loader there is: the known names and what else lies in the operator's folders. */
  list(): Promise<readonly LoaderEntry[]>;
  keptBytes(): number;
};

export type LoaderLibraryOptions = {
  /** The operator's folders, first ones first; any regular file in them is a loader. */
  readonly folders: readonly string[];
  /** A larger file is no boot loader and is not read into memory. */
  readonly fileBytesMax?: number;
  readonly systemFolders?: readonly string[];
};

const defaultFileBytesMax = 16 * 1024 * 1024;

const cacheBytesMax = 256 * 1024 * 1024;

/** Files listed of one folder: a folder with more is not one of loaders. */
const listLimit = 256;

/** Finds loaders and keeps each in memory until its size or time of change differs. */
export function openLoaderLibrary(options: LoaderLibraryOptions): LoaderLibrary {
  const { folders, fileBytesMax = defaultFileBytesMax, systemFolders = SystemFolders } = options;
  const files = openFileLibrary(cacheBytesMax);
  const find = async (name: string): Promise<LoaderLookup> => {
    if (!isLoaderName(name)) return { kind: "missing", reason: "no such loader name" };
    for (const { path, folder, isSystem } of loaderPlaces(name, folders, systemFolders)) {
      const within = isSystem ? undefined : folder;
      const found = await files.read({ path, within, bytesMax: fileBytesMax });
      if (found.kind === "refused") return { kind: "missing", reason: `${name} ${found.reason}` };
      if (found.kind === "content") return { ...found.content, kind: "file", name };
    }
    const looked = [...folders, ...systemFolders].join(", ");
    const cure = "install the ipxe package or set loaders.folders";
    return { kind: "missing", reason: `no ${name}: ${cure} (looked in ${looked})` };
  };
  return {
    find,
    keptBytes: files.keptBytes,
    has(name) {
      const places = isLoaderName(name) ? loaderPlaces(name, folders, systemFolders) : [];
      return places.some(({ path }) => isFile(path));
    },
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

// A folder that may not be looked into holds nothing for anybody; `find` says why.
function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch (error) {
    if (error instanceof Error && "code" in error) return false;
    throw error;
  }
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
