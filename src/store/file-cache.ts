import { type FileHandle, lstat } from "node:fs/promises";
import { join } from "node:path";
import { FolderWatch } from "../runtime/folder-watch.ts";

/** What a cache may hold; the file that was asked for longest ago leaves first. */
export type CacheLimits = { readonly filesMax: number; readonly bytesMax: number };

type CachePlace = {
  /** The folder whose files are kept. */
  readonly path: string;
  readonly limits: CacheLimits;
  readonly openWatch?: ((path: string) => FolderWatch | undefined) | undefined;
};

/** A file's bytes, or the moment from which on whoever reads them now must hear of every change. */
export type CacheLookup =
  | { readonly kind: "kept"; readonly bytes: Buffer }
  | { readonly kind: "unknown"; readonly since: number };

/** Bytes that were just read: by which handle, and after which lookup. */
export type ReadFile = {
  readonly bytes: Buffer;
  readonly handle: FileHandle;
  readonly since: number;
};

/**
 * The bytes of a folder's files, for as long as the kernel tells no change of them. Only what its watch
 * is sure to tell is kept: plain files with one name, on the folder's own mount. A link, a second name, a
 * file mounted over another and everything in a folder that cannot be watched is read each time.
 */
export class FileCache implements Disposable {
  readonly #path: string;
  readonly #limits: CacheLimits;
  readonly #openWatch: (path: string) => FolderWatch | undefined;
  /** The file asked for last stands last. */
  readonly #kept = new Map<string, Buffer>();
  #bytes = 0;
  #watch: FolderWatch | undefined;
  /** Grows with every change: bytes that were being read meanwhile may be those from before. */
  #changes = 0;

  constructor({ path, limits, openWatch = FolderWatch.open }: CachePlace) {
    this.#path = path;
    this.#limits = limits;
    this.#openWatch = openWatch;
  }

  /** The file as it is now, if that is known. */
  lookUp(name: string): CacheLookup {
    this.#collect();
    const bytes = this.#kept.get(name);
    if (bytes === undefined) return { kind: "unknown", since: this.#changes };
    this.#kept.delete(name);
    this.#kept.set(name, bytes);
    return { kind: "kept", bytes };
  }

  /** Keeps what was read after a lookup, if a change since then or later is sure to be told. */
  async offer(name: string, { bytes, handle, since }: ReadFile): Promise<void> {
    if (!this.#watch?.holds(handle.fd)) return;
    const own = await lstat(join(this.#path, name), { bigint: true });
    const read = await handle.stat({ bigint: true });
    const isTold = own.isFile() && own.nlink === 1n && own.ino === read.ino;
    if (isTold && this.#changes === since) this.#keep(name, bytes);
  }

  [Symbol.dispose](): void {
    this.#kept.clear();
    this.#bytes = 0;
    this.#changes += 1;
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
  }

  // Whoever takes what the kernel tells drops what changed for all.
  #collect(): void {
    const changes = this.#watch?.changes() ?? "anything";
    if (changes === "anything") {
      this[Symbol.dispose]();
      this.#watch = this.#openWatch(this.#path);
      return;
    }
    if (changes.size > 0) this.#changes += 1;
    for (const name of changes) this.#forget(name);
  }

  #keep(name: string, bytes: Buffer): void {
    const { filesMax, bytesMax } = this.#limits;
    this.#forget(name);
    this.#kept.set(name, bytes);
    this.#bytes += bytes.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= bytesMax && this.#kept.size <= filesMax) return;
      this.#forget(oldest);
    }
  }

  #forget(name: string): void {
    this.#bytes -= this.#kept.get(name)?.length ?? 0;
    this.#kept.delete(name);
  }
}
