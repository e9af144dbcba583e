import { constants, type PathLike } from "node:fs";
import { type FileHandle, link, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Files whose bytes are safe once the promise says so. Tests pass a disk that forgets the others. */
export type DurableDisk = {
  /** All of it; undefined where there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** To write at its end; `fresh` empties it first. */
  open(path: string, mode: "fresh" | "existing"): Promise<DurableFile>;
  /** Puts a file in the place of another, which is there whole until the new one is. */
  replace(from: string, to: string): Promise<void>;
  /** A second name for a file that is about to be replaced. */
  link(path: string, name: string): Promise<void>;
  remove(path: string): Promise<void>;
};

/** A file that only grows. */
export type DurableFile = AsyncDisposable & {
  /** Resolves when the bytes survive a loss of power. When it fails, any part of them may be there. */
  append(bytes: Uint8Array): Promise<void>;
};

export const durableDisk: DurableDisk = {
  async read(path) {
    try {
      return await readFile(path);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },
  async open(path, mode) {
    // O_DSYNC: one call writes and syncs, which saves a way through the thread pool for each batch.
    const { O_WRONLY, O_APPEND, O_CREAT, O_TRUNC, O_DSYNC } = constants;
    const flags = O_WRONLY | O_APPEND | O_CREAT | O_DSYNC | (mode === "fresh" ? O_TRUNC : 0);
    return wrap(await open(path, flags, 0o644));
  },
  async replace(from, to) {
    await rename(from, to);
    await syncFolder(dirname(to));
  },
  link,
  remove: (path) => rm(path, { force: true }),
};

function wrap(file: FileHandle): DurableFile {
  return {
    async append(bytes) {
      // One write may take less than all, so when little room is left on the disk.
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done);
        done += bytesWritten;
      }
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

// The new name is part of the folder, and is as safe as that is.
async function syncFolder(path: PathLike): Promise<void> {
  await using folder = await open(path, "r");
  await folder.sync();
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
