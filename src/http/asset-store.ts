import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, open, readdir, readlink, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { stampOf } from "../assets/digest-note.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import type { AssetFolder } from "./deps.ts";
import type { ListingEntry } from "./listing.ts";

/** A name below the assets folder; an open file is its taker's to close. */
export type Asset =
  | {
      readonly kind: "file";
      readonly handle: FileHandle;
      readonly path: string;
      readonly size: number;
      readonly modified: Date;
      readonly etag: string;
      /** The name of its content among digests. */
      readonly stamp: string;
      /** The tag of what the handle would read now. */
      restamp(): Promise<string>;
    }
  | { readonly kind: "folder"; readonly path: string; readonly modified: Date }
  | { readonly kind: "missing" }
  | { readonly kind: "forbidden" };

/**
 * Opens what `file`, a clean relative path, names now. Links are followed as the folder's owner
 * set.
 */
export async function openAsset(assets: AssetFolder, file: string): Promise<Asset> {
  try {
    const path = join(assets.folder, file);
    // Without O_NONBLOCK the open of a pipe that nobody writes to would never return.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const asset = await describe(handle, assets, path);
    if (asset.kind !== "file") await handle.close();
    return asset;
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

async function describe(handle: FileHandle, assets: AssetFolder, path: string): Promise<Asset> {
  if (assets.symlinks === "confine" && !(await isInside(handle, assets.folder))) {
    return { kind: "forbidden" };
  }
  const stats = await handle.stat({ bigint: true });
  const modified = new Date(Number(stats.mtimeMs));
  if (stats.isDirectory()) return { kind: "folder", path, modified };
  if (!stats.isFile()) return { kind: "forbidden" };
  const restamp = async () => tagOf(await handle.stat({ bigint: true }));
  const size = Number(stats.size);
  const names = { etag: tagOf(stats), stamp: stampOf(stats) };
  return { kind: "file", handle, path, size, modified, ...names, restamp };
}

// All three: a file put in place of another of the same size often keeps the old one's mtime.
function tagOf({ mtimeNs, size, ino }: BigIntStats): string {
  return `"${[mtimeNs, size, ino].map((part) => part.toString(36)).join("-")}"`;
}

// Asks where the open file is, not where its name leads: no link can be swapped in between.
async function isInside(handle: FileHandle, folder: string): Promise<boolean> {
  const root = await realpath(folder);
  const real = await readlink(`/proc/self/fd/${handle.fd}`);
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
  const code = systemErrorCode(error);
  if (["EACCES", "EPERM", "ENXIO"].includes(code)) return { kind: "forbidden" };
  const absent = ["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ELOOP"];
  if (absent.includes(code)) return { kind: "missing" };
  throw error;
}
