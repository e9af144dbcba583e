import { rm, rmdir, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { KindlingError, WireError } from "../../errors.ts";
import { durableDisk } from "../../runtime/durable-file.ts";
import { lockFile } from "../../runtime/file-lock.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import { BlobStore, namesIn, unusable } from "./blob-store.ts";
import { type Digest, hexOf, isDigest } from "./digest.ts";
import { formatRecord, type ImageRecord, parseRecord } from "./image-record.ts";
import {
  childrenOf,
  type ImageDocument,
  manifestBytesMax,
  parseImageDocument,
} from "./manifest.ts";
import { type ImageReference, isRegistry, isTag, type RepositoryName } from "./reference.ts";

export type OciStoreOptions = { readonly folder: string; readonly keepFreeBytes: number };

/** A manifest or an index of the store, byte for byte as it was when its digest was made. */
export type StoredDocument = {
  readonly digest: Digest;
  readonly bytes: Buffer;
  readonly document: ImageDocument;
};

export type NamedImage = { readonly reference: ImageReference; readonly record: ImageRecord };

/** What became of a removal of what nothing refers to. */
export type Collected = { readonly blobs: number; readonly bytes: number; readonly kept: number };

/** Repositories in repositories: the grammar's 255 characters have room for more, people do not. */
const depthMax = 16;

/**
 * The images of one folder. Blobs are named by their content, and names lead to them by one small file
 * for each tag: `refs/<registry>/<repository>/_tags/<tag>.json`. Nothing is kept in memory, so that an
 * import by another process counts with the next request. No name of the grammar begins with `_`.
 */
export class OciStore {
  readonly blobs: BlobStore;
  readonly #refs: string;

  constructor(options: OciStoreOptions) {
    this.blobs = new BlobStore(options);
    this.#refs = join(options.folder, "refs");
  }

  /** Makes the folders that are written to. */
  async prepare(): Promise<void> {
    for (const path of [["blobs", "sha256"], ["refs"], ["tmp"]])
      await this.blobs.makeFolder(...path);
  }

  /** What a tag or a digest of a repository leads to. */
  async find(reference: ImageReference): Promise<ImageRecord | undefined> {
    const path = this.#pathOf(reference);
    const bytes = await durableDisk.read(path).catch((error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "ENOTDIR") return undefined;
      throw unusable(path, error);
    });
    return bytes === undefined ? undefined : this.#parse(bytes, path);
  }

  /** A manifest or an index by its digest; undefined too for a blob that is neither. */
  async document(digest: Digest): Promise<StoredDocument | undefined> {
    const bytes = await this.blobs.read(digest, manifestBytesMax);
    if (bytes === undefined) return undefined;
    try {
      return { digest, bytes, document: parseImageDocument(bytes) };
    } catch (error) {
      if (error instanceof WireError) return undefined;
      throw error;
    }
  }

  /** Lets a name lead to an image, from the moment that all of it is there. */
  async name(reference: ImageReference, record: ImageRecord): Promise<void> {
    const path = this.#pathOf(reference);
    const { registry, repository } = reference;
    const kind = reference.tag === undefined ? "_digests" : "_tags";
    await this.blobs.makeFolder("refs", registry, ...repository.split("/"), kind);
    const staging = await this.blobs.openStaging();
    try {
      const fresh = join(staging, "record");
      await using file = await durableDisk.open(fresh, "fresh");
      await file.append(Buffer.from(formatRecord(record)));
      await this.blobs.adopt(fresh);
      await durableDisk.replace(fresh, path);
    } catch (error) {
      throw unusable(path, error);
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }

  /** False: there was no such name. */
  async forget(reference: ImageReference): Promise<boolean> {
    if ((await this.find(reference)) === undefined) return false;
    const path = this.#pathOf(reference);
    await unlink(path);
    await this.#dropEmpty(dirname(path));
    return true;
  }

  /** The tags of a repository, sorted; undefined where the store has nothing of that name. */
  async tags(name: RepositoryName): Promise<readonly string[] | undefined> {
    const [tags, digests] = await Promise.all([
      namesIn(join(this.#folderOf(name), "_tags")),
      namesIn(join(this.#folderOf(name), "_digests")),
    ]);
    if (tags.length + digests.length === 0) return undefined;
    const found = tags.map((file) => file.replace(/\.json$/, "")).filter(isTag);
    return found.sort();
  }

  /** Every repository that has an image, sorted. */
  async repositories(): Promise<readonly RepositoryName[]> {
    const found: RepositoryName[] = [];
    const visit = async (registry: string, path: readonly string[]): Promise<void> => {
      const names = await namesIn(join(this.#refs, registry, ...path));
      const repository = path.join("/");
      if (names.some((name) => name.startsWith("_"))) found.push({ registry, repository });
      if (path.length >= depthMax) return;
      for (const name of names.filter((one) => !one.startsWith("_")).sort()) {
        await visit(registry, [...path, name]);
      }
    };
    for (const registry of (await namesIn(this.#refs)).toSorted()) {
      if (isRegistry(registry)) await visit(registry, []);
    }
    return found;
  }

  /** Every name and what it leads to. */
  async images(): Promise<readonly NamedImage[]> {
    const found: NamedImage[] = [];
    for (const name of await this.repositories()) {
      const tags = (await this.tags(name)) ?? [];
      const files = await namesIn(join(this.#folderOf(name), "_digests"));
      const digests = files.map((file) => `sha256:${file.replace(/\.json$/, "")}`).filter(isDigest);
      const wanted = [...tags.map((tag) => ({ tag })), ...digests.map((digest) => ({ digest }))];
      for (const one of wanted) {
        const reference = { ...name, ...one };
        const record = await this.find(reference);
        if (record !== undefined) found.push({ reference, record });
      }
    }
    return found;
  }

  /**
   * Removes the blobs that no name leads to and that nobody touched since `before`: what a download that
   * runs now has fetched is not named yet. Only under the lock.
   */
  async collect(before: number): Promise<Collected> {
    const wanted = new Set<Digest>();
    for (const { record } of await this.images()) await this.#mark(record.digest, wanted);
    let [blobs, bytes] = [0, 0];
    const all = await this.blobs.list();
    for (const digest of all.filter((one) => !wanted.has(one))) {
      const path = this.blobs.pathOf(digest);
      const { size, mtimeMs } = await stat(path);
      if (mtimeMs >= before) continue;
      await unlink(path);
      blobs += 1;
      bytes += size;
    }
    await this.#dropStaging(before);
    return { blobs, bytes, kept: all.length - blobs };
  }

  /** Imports and removals go one at a time; throws `oci.store` while another one runs. */
  async lock(): Promise<Disposable> {
    const path = join(await this.blobs.makeFolder(), "lock");
    const attempt = lockFile(path);
    if (attempt.kind === "locked") return attempt;
    const message = `another import or clean-up of ${dirname(path)} runs, pid ${attempt.pid}`;
    throw new KindlingError("oci.store", `${message}: wait for it`, { path });
  }

  async #mark(digest: Digest, wanted: Set<Digest>): Promise<void> {
    if (wanted.has(digest)) return;
    wanted.add(digest);
    const stored = await this.document(digest);
    for (const child of stored === undefined ? [] : childrenOf(stored.document)) {
      if (stored?.document.kind === "index") await this.#mark(child.digest, wanted);
      else wanted.add(child.digest);
    }
  }

  // Up to the registry's own folder: an empty one would count as a repository.
  async #dropEmpty(folder: string): Promise<void> {
    for (let at = folder; at !== this.#refs; at = dirname(at)) {
      const left = await rmdir(at).catch((error: unknown) => systemErrorCode(error));
      if (left !== undefined) return;
    }
  }

  async #dropStaging(before: number): Promise<void> {
    const folder = join(this.blobs.folder, "tmp");
    for (const name of await namesIn(folder)) {
      const staging = join(folder, name);
      // The folder keeps its time while a file in it grows.
      const all = [staging, ...(await namesIn(staging)).map((one) => join(staging, one))];
      const times = await Promise.all(all.map(async (path) => (await stat(path)).mtimeMs));
      if (Math.max(...times) < before) await rm(staging, { recursive: true, force: true });
    }
  }

  #folderOf({ registry, repository }: RepositoryName): string {
    return join(this.#refs, registry, ...repository.split("/"));
  }

  #pathOf(reference: ImageReference): string {
    const { tag, digest } = reference;
    const folder = this.#folderOf(reference);
    if (tag !== undefined) return join(folder, "_tags", `${tag}.json`);
    if (digest !== undefined) return join(folder, "_digests", `${hexOf(digest)}.json`);
    throw new TypeError("want a tag or a digest");
  }

  #parse(bytes: Uint8Array, path: string): ImageRecord {
    try {
      return parseRecord(bytes);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      const message = `${path}: ${error.message}; remove the file and import the image again`;
      throw new KindlingError("oci.store", message, { path }, error);
    }
  }
}
