import { createHash } from "node:crypto";
import { constants } from "node:fs";
import {
  type FileHandle,
  lchown,
  mkdir,
  open,
  readdir,
  rm,
  stat,
  statfs,
  utimes,
} from "node:fs/promises";
import { join } from "node:path";
import { KindlingError } from "../../errors.ts";
import { durableDisk } from "../../runtime/durable-file.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import { type Digest, digestOfHex, hexOf, isDigest } from "./digest.ts";

/** A file that was written and hashed, and is in no place of its own yet. */
export type StagedBlob = {
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
  /** Its first bytes, to tell what it is. */
  readonly head: Uint8Array;
};

export type StagingRules = {
  /** A larger one is refused. */
  readonly bytesMax: number;
  /** What it is said to be: what the store has already is hashed and not written. */
  readonly expect?: { readonly digest: Digest; readonly size: number } | undefined;
  /** Told where it is written, before it is: it may be read meanwhile. */
  readonly opened?: (path: string) => void;
};

const headBytes = 16;
/** How often the room on the disk is looked at while a file is written. */
const roomCheckBytes = 64 << 20;

/** Hashes while it writes. */
type Writing = {
  readonly hash: ReturnType<typeof createHash>;
  readonly file: FileHandle | undefined;
  size: number;
  checkedAt: number;
};

/** Blobs by their SHA-256: `blobs/sha256/<hex>`. What is there was verified, and is never changed. */
export class BlobStore {
  readonly folder: string;
  readonly #keepFree: number;
  #count = 0;

  constructor({ folder, keepFreeBytes }: { folder: string; keepFreeBytes: number }) {
    this.folder = folder;
    this.#keepFree = keepFreeBytes;
  }

  pathOf(digest: Digest): string {
    return join(this.folder, "blobs", "sha256", hexOf(digest));
  }

  /** Its size, if it is there. */
  async sizeOf(digest: Digest): Promise<number | undefined> {
    try {
      return (await stat(this.pathOf(digest))).size;
    } catch (error) {
      if (systemErrorCode(error) === "ENOENT") return undefined;
      throw unusable(this.folder, error);
    }
  }

  /** All of it, if it is there and no longer than that. */
  async read(digest: Digest, bytesMax: number): Promise<Buffer | undefined> {
    const size = await this.sizeOf(digest);
    if (size === undefined || size > bytesMax) return undefined;
    const bytes = await durableDisk.read(this.pathOf(digest));
    return bytes === undefined ? undefined : Buffer.from(bytes);
  }

  /** A new folder for files on their way into the store; the caller removes it. */
  async openStaging(): Promise<string> {
    this.#count += 1;
    return await this.makeFolder("tmp", `${process.pid}-${Date.now()}-${this.#count}`);
  }

  /** Writes a body into a staging folder and hashes it. */
  async stage(
    staging: string,
    body: AsyncIterable<Uint8Array>,
    rules: StagingRules,
  ): Promise<StagedBlob> {
    const { expect } = rules;
    const isHere = expect !== undefined && (await this.sizeOf(expect.digest)) === expect.size;
    this.#count += 1;
    const path = join(staging, String(this.#count));
    await using file = isHere ? undefined : await this.#create(path);
    rules.opened?.(path);
    const hash = createHash("sha256");
    const writing: Writing = { hash, file, size: 0, checkedAt: 0 };
    let head = Buffer.alloc(0);
    for await (const chunk of body) {
      if (head.length < headBytes) head = Buffer.concat([head, chunk]).subarray(0, headBytes);
      await this.#write(writing, chunk, rules.bytesMax);
    }
    await file?.sync();
    return { path, digest: digestOfHex(hash.digest("hex")), size: writing.size, head };
  }

  /** Puts a staged blob where it is found; one that is there already is as good. */
  async publish({ path, digest, size }: StagedBlob): Promise<void> {
    const target = this.pathOf(digest);
    await this.makeFolder("blobs", "sha256");
    // One of another length was cut short by a disk that failed.
    if ((await this.sizeOf(digest)) === size) {
      await touch(target);
      await rm(path, { force: true });
      return;
    }
    await durableDisk.replace(path, target).catch((error: unknown) => {
      throw unusable(target, error);
    });
  }

  /** Keeps bytes that are in memory. */
  async put(bytes: Uint8Array): Promise<Digest> {
    const staging = await this.openStaging();
    try {
      const staged = await this.stage(staging, one(bytes), { bytesMax: bytes.length });
      await this.publish(staged);
      return staged.digest;
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }

  async list(): Promise<readonly Digest[]> {
    const names = await namesIn(join(this.folder, "blobs", "sha256"));
    return names.map((name) => `sha256:${name}`).filter((text) => isDigest(text));
  }

  /** Gives what root made to the store's owner: a daemon that gave up root writes here too. */
  async adopt(path: string): Promise<void> {
    if (process.getuid?.() !== 0) return;
    const { uid, gid } = await stat(this.folder);
    await lchown(path, uid, gid);
  }

  /** A folder of the store, made where it is missing. */
  async makeFolder(...path: readonly string[]): Promise<string> {
    let at = this.folder;
    try {
      await mkdir(at, { recursive: true });
      for (const name of path) {
        at = join(at, name);
        if ((await mkdir(at, { recursive: true })) !== undefined) await this.adopt(at);
      }
      return at;
    } catch (error) {
      throw unusable(at, error);
    }
  }

  async #create(path: string): Promise<FileHandle> {
    const { O_WRONLY, O_CREAT, O_EXCL } = constants;
    try {
      const file = await open(path, O_WRONLY | O_CREAT | O_EXCL, 0o644);
      await this.adopt(path);
      return file;
    } catch (error) {
      throw unusable(path, error);
    }
  }

  async #write(writing: Writing, chunk: Uint8Array, bytesMax: number): Promise<void> {
    writing.hash.update(chunk);
    writing.size += chunk.length;
    if (writing.size > bytesMax) {
      const message = `a blob has more than ${bytesMax} bytes: raise oci.blobMax if it is meant to`;
      throw new KindlingError("oci.archive", message, { bytesMax });
    }
    if (writing.file === undefined) return;
    if (writing.checkedAt === 0 || writing.size - writing.checkedAt > roomCheckBytes) {
      await this.checkRoom();
      writing.checkedAt = writing.size;
    }
    await writeAll(writing.file, chunk).catch((error: unknown) => {
      throw unusable(this.folder, error);
    });
  }

  /** Throws `oci.store` when less than `oci.keepFree` would be left on the disk. */
  async checkRoom(): Promise<void> {
    const { bavail, bsize } = await statfs(this.folder);
    if (bavail * bsize >= this.#keepFree) return;
    const mib = (bytes: number) => `${Math.floor(bytes / (1 << 20))} MiB`;
    const message = `${this.folder}: ${mib(bavail * bsize)} are free, want ${mib(this.#keepFree)} left`;
    const cure = "kindling oci rm and gc make room; oci.keepFree is the bound";
    throw new KindlingError("oci.store", `${message}; ${cure}`, { folder: this.folder });
  }
}

/** The digest of bytes in memory. */
export function sha256(bytes: Uint8Array): Digest {
  return digestOfHex(createHash("sha256").update(bytes).digest("hex"));
}

// What nothing refers to is removed when it is old, and this is wanted from now on. Root's file stays as
// old as it is: the daemon's user may not touch it, and what was imported has a name.
async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch((error: unknown) => {
    if (systemErrorCode(error) !== "EPERM") throw unusable(path, error);
  });
}

/** The entries of a folder; none where it is missing. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemErrorCode(error))) return [];
    throw unusable(folder, error);
  }
}

export function unusable(path: string, error: unknown): KindlingError {
  const cure = "see to its owner and its room, or set another oci.folder";
  const message = `cannot use ${path} (${systemErrorCode(error)}): ${cure}`;
  return new KindlingError("oci.store", message, { path }, error);
}

// One write may take less than all, when little room is left.
async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done);
    done += bytesWritten;
  }
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
