import { constants } from "node:fs";
import { type FileHandle, open, readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import type { AssetFolder } from "./deps.ts";
import type { ListingEntry } from "./listing.ts";

/** A name below the assets folder; an open file is its taker's to close. */
export type Asset =
  | {
      readonly kind: "file";
      readonly handle: FileHandle;
      readonly size: number;
      readonly modified: Date;
      readonly etag: string;
    }
  | { readonly kind: "folder"; readonly path: string; readonly modified: Date }
  | { readonly kind: "missing" }
  | { readonly kind: "forbidden" };

/** Opens what `file`, a clean relative path, names now. Links are followed as the folder's owner set. */
export async function openAsset(assets: AssetFolder, file: string): Promise<Asset> {
  const path = join(assets.folder, file);
  try {
    if (assets.symlinks === "confine" && !(await staysInside(assets.folder, path))) {
      return { kind: "forbidden" };
    }
    // Without O_NONBLOCK the open of a pipe that nobody writes to would never return.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return await describe(handle, path);
  } catch (error) {
    return translate(error);
  }
}

/** The entries of a folder that `openAsset` found; a link counts as what it leads to. */
export async function listAssets(path: string): Promise<readonly ListingEntry[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return Promise.all(
    entries.map(async (entry) => {
      const linked = entry.isSymbolicLink() && (await leadsToFolder(join(path, entry.name)));
      return { name: entry.name, folder: entry.isDirectory() || linked };
    }),
  );
}

async function describe(handle: FileHandle, path: string): Promise<Asset> {
  const stats = await handle.stat({ bigint: true });
  const modified = new Date(Number(stats.mtimeMs));
  if (stats.isFile()) {
    // All three: a file put in place of another of the same size often keeps the old one's mtime.
    const etag = `"${[stats.mtimeNs, stats.size, stats.ino].map((part) => part.toString(36)).join("-")}"`;
    return { kind: "file", handle, size: Number(stats.size), modified, etag };
  }
  await handle.close();
  return stats.isDirectory() ? { kind: "folder", path, modified } : { kind: "forbidden" };
}

async function staysInside(folder: string, path: string): Promise<boolean> {
  const root = await realpath(folder);
  const real = await realpath(path);
  return real === root || real.startsWith(root + sep);
}

async function leadsToFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false; // a link to nowhere is listed like a file, and asking for it says missing
  }
}

function translate(error: unknown): Asset {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EACCES" || code === "EPERM" || code === "ENXIO") return { kind: "forbidden" };
  const absent = ["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ELOOP"];
  if (typeof code === "string" && absent.includes(code)) return { kind: "missing" };
  throw error;
}
