import { mkdir, open, readdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { loadLibc } from "./libc.ts";
import { systemErrorCode } from "./system-error.ts";

// <fcntl.h> and <linux/fs.h>, the same on every architecture.
const currentFolder = -100;
const exchange = 2;

/**
 * Gives a folder another name, for good when it resolves: readers see all of it or nothing. Where a folder
 * has that name already, the two change places in one step, and the old one is what `from` names then.
 */
export async function placeFolder(from: string, to: string): Promise<"placed" | "exchanged"> {
  await syncTree(from);
  await mkdir(dirname(to), { recursive: true, mode: 0o755 });
  const outcome = (await takesPlace(from, to)) ? "placed" : swap(from, to);
  await syncFolder(dirname(to));
  await syncFolder(dirname(from));
  return outcome;
}

/** A file's or folder's name is part of its folder, and is as safe as that is. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, "r");
  await folder.sync();
}

async function takesPlace(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (["ENOTEMPTY", "EEXIST"].includes(systemErrorCode(error))) return false;
    throw error;
  }
}

function swap(from: string, to: string): "exchanged" {
  const libc = loadLibc();
  if (libc.renameat2(currentFolder, from, currentFolder, to, exchange) === 0) return "exchanged";
  throw new Error(`${from} and ${to} cannot change places: ${libc.errorName()}`);
}

async function syncTree(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) await syncTree(inner);
    else await syncFolder(inner);
  }
  await syncFolder(path);
}
