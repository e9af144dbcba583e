import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemErrorCode } from "../runtime/system-error.ts";
import { refusedName } from "./name.ts";

/** The folders of the catalog that are written, and what a name in them is followed by. */
const Endings = { groups: ".json", profiles: ".json", ignition: "", generic: "" } as const;

/** What kind of catalog file is meant. */
export type CatalogFolder = keyof typeof Endings;

/** `cause` is a system error code; `path` is in the words of the configuration. */
export type WriteResult =
  | { readonly kind: "done" }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "failed"; readonly path: string; readonly cause: string };

/** Puts files into a catalog and takes them out. */
export type CatalogWriter = {
  put(folder: CatalogFolder, name: string, bytes: Uint8Array): Promise<WriteResult>;
  remove(folder: CatalogFolder, name: string): Promise<WriteResult>;
};

/**
 * Writes into a matchbox data folder. A reader sees the old file or the new one, whole: the bytes
 * go to a file beside it, to the disk, and then over it. `put` resolves when a power cut can no
 * longer undo it. A name that would leave its folder is refused.
 */
export class FileWriter implements CatalogWriter {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  put(folder: CatalogFolder, name: string, bytes: Uint8Array): Promise<WriteResult> {
    return this.#change(folder, name, async (path) => {
      await mkdir(dirname(path), { recursive: true, mode: 0o755 });
      await replaceFile(path, bytes);
    });
  }

  remove(folder: CatalogFolder, name: string): Promise<WriteResult> {
    return this.#change(folder, name, unlink);
  }

  async #change(
    folder: CatalogFolder,
    name: string,
    change: (path: string) => Promise<void>,
  ): Promise<WriteResult> {
    const reason = refusedName(name);
    if (reason !== undefined) return { kind: "refused", reason };
    const path = join(this.#root, folder, `${name}${Endings[folder]}`);
    try {
      await change(path);
      await syncFolder(dirname(path));
      return { kind: "done" };
    } catch (error) {
      return { kind: "failed", path, cause: systemErrorCode(error) };
    }
  }
}

// The name has no ending that is read, and does not grow with the file's, which may be of 255
// bytes.
async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const fresh = join(dirname(path), `.kindling-${randomUUID()}`);
  try {
    await using handle = await open(fresh, "wx", 0o644);
    await handle.writeFile(bytes);
    await handle.sync();
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
}

async function syncFolder(path: string): Promise<void> {
  await using handle = await open(path, "r");
  await handle.sync();
}
