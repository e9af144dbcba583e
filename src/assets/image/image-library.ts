import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { KindlingError } from "../../errors.ts";
import { placeFolder } from "../../runtime/durable-folder.ts";
import { lockFile } from "../../runtime/file-lock.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import { type ImageId, imagePath } from "./image.ts";
import {
  architectureOf,
  compareImages,
  type ImageFolders,
  type ImageRef,
  lockFileOf,
  partialFolder,
  publishedFolder,
  quarantineFolder,
  stateLockFile,
} from "./layout.ts";
import {
  formatManifest,
  type ImageManifest,
  manifestFile,
  manifestId,
  parseManifest,
  proofFolder,
} from "./manifest.ts";

/** An image that machines may fetch. */
export type StoredImage = {
  readonly id: ImageId;
  readonly folder: string;
  readonly manifest: ImageManifest;
};

/** A folder among the images that is none: its manifest is missing or broken. */
export type BrokenImage = {
  readonly id: ImageId;
  readonly folder: string;
  readonly reason: string;
};

/** A place to build one image in. Nobody else builds one of this name while it is held. */
export type Stage = Disposable & {
  readonly id: ImageId;
  /** Becomes the image's folder; what an earlier try left is still there. */
  readonly folder: string;
  /** For notes on how to go on. */
  readonly resume: string;
  /**
   * Writes the manifest and shows the image, in one step; an older one of the same version is replaced, and
   * files that the manifest does not name are removed first.
   */
  publish(manifest: ImageManifest): Promise<StoredImage>;
  /** Puts all that is here aside with the reason; the folder where it lies then. */
  reject(reason: string): Promise<string>;
  /** Removes all that is here. */
  discard(): Promise<void>;
};

/** The images on this host. It needs no daemon and no other state than what lies in its two folders. */
export class ImageLibrary {
  readonly folders: ImageFolders;
  readonly #now: () => number;

  constructor(folders: ImageFolders, now: () => number) {
    this.folders = folders;
    this.#now = now;
  }

  /** Every image, by name and the newest version first, and every folder that should be one. */
  async list(): Promise<{
    readonly images: readonly StoredImage[];
    readonly broken: readonly BrokenImage[];
  }> {
    const found = await Promise.all(
      (await idsBelow(this.folders.published)).map((id) => this.#read(id)),
    );
    return {
      images: found.flatMap((one) => ("manifest" in one ? [one] : [])),
      broken: found.flatMap((one) => ("reason" in one ? [one] : [])),
    };
  }

  /** The images that a reference can mean, the newest first. */
  async matching(ref: ImageRef): Promise<readonly StoredImage[]> {
    const { images } = await this.list();
    return images.filter(({ id }) => {
      const isVersion = ref.version === undefined || ref.version === id.version;
      return ref.name === id.name && isVersion && (ref.arch === undefined || ref.arch === id.arch);
    });
  }

  /** The newest image that a reference means; throws `image.unknown` where there is none. */
  async find(ref: ImageRef): Promise<StoredImage> {
    const [image] = await this.matching(ref);
    if (image !== undefined) return image;
    const { images } = await this.list();
    const here = images.map(({ id }) => `${id.name}@${id.version}`).join(", ") || "none";
    const want = [ref.name, ref.version].filter(Boolean).join("@");
    const message = `there is no image ${want}${ref.arch ? ` for ${ref.arch}` : ""} here; there is ${here}: kindling image pull fetches one`;
    throw new KindlingError("image.unknown", message, { ...ref });
  }

  /** Opens a place to build an image in; throws `image.busy` while somebody else builds one of its name. */
  async stage(id: ImageId): Promise<Stage> {
    await this.#checkOneDisk();
    const lock = await this.#lock(lockFileOf(this.folders, id.name), `a pull of ${id.name}`);
    const root = partialFolder(this.folders, id);
    const [folder, resume] = [join(root, "image"), join(root, "resume")];
    await mkdir(folder, { recursive: true, mode: 0o755 });
    await mkdir(resume, { recursive: true, mode: 0o700 });
    return {
      ...{ id, folder, resume },
      publish: async (manifest) => {
        await sweep(folder, new Set(manifest.files.map(({ file }) => file)));
        await writeFile(join(folder, manifestFile), formatManifest(manifest), { mode: 0o644 });
        const image = { id, folder: publishedFolder(this.folders, id), manifest };
        await placeFolder(folder, image.folder);
        await rm(root, { recursive: true, force: true });
        return image;
      },
      reject: async (reason) => {
        const to = quarantineFolder(this.folders, id, this.#now());
        await mkdir(dirname(to), { recursive: true, mode: 0o700 });
        await rename(root, to);
        const told = { image: imagePath(id), reason, at: new Date(this.#now()).toISOString() };
        await writeFile(join(to, "reason.json"), `${JSON.stringify(told, null, 2)}\n`);
        return to;
      },
      discard: () => rm(root, { recursive: true, force: true }),
      [Symbol.dispose]: () => lock[Symbol.dispose](),
    };
  }

  /** Takes an image away from the machines, in one step, and then from the disk. */
  async remove(id: ImageId): Promise<void> {
    using _lock = await this.#lock(lockFileOf(this.folders, id.name), `a pull of ${id.name}`);
    const away = join(partialFolder(this.folders, id), "removed");
    await rm(away, { recursive: true, force: true });
    await mkdir(dirname(away), { recursive: true, mode: 0o755 });
    await rename(publishedFolder(this.folders, id), away);
    await rm(dirname(away), { recursive: true, force: true });
    await removeEmpty(dirname(publishedFolder(this.folders, id)));
  }

  /** Pulls that were broken off before this time, as their folders; those that run are left out. */
  async leftovers(before: number): Promise<readonly string[]> {
    const root = join(this.folders.work, "partial");
    const found: string[] = [];
    for (const id of await idsBelow(root)) {
      const folder = partialFolder(this.folders, id);
      if ((await stat(folder)).mtimeMs >= before) continue;
      const attempt = lockFile(lockFileOf(this.folders, id.name));
      if (attempt.kind === "held") continue;
      attempt[Symbol.dispose]();
      found.push(folder);
    }
    return found;
  }

  /** One who changes pins, uses or many images at once. */
  lockState(): Promise<Disposable> {
    return this.#lock(stateLockFile(this.folders), "another kindling image command");
  }

  async #lock(path: string, what: string): Promise<Disposable> {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    const attempt = lockFile(path);
    if (attempt.kind === "locked") return attempt;
    const message = `${what} runs already, pid ${attempt.pid}: wait for it, or end it`;
    throw new KindlingError("image.busy", message, { pid: attempt.pid });
  }

  // Publishing is a rename, which no two disks share.
  async #checkOneDisk(): Promise<void> {
    const { published, work } = this.folders;
    for (const folder of [published, work]) await mkdir(folder, { recursive: true, mode: 0o755 });
    const [a, b] = [await stat(published), await stat(work)];
    if (a.dev === b.dev) return;
    const message = `want ${work} on the file system of ${published}, since a rename publishes: set images.folder to a folder there`;
    throw new KindlingError("config.invalid", message, { key: "images.folder" });
  }

  async #read(id: ImageId): Promise<StoredImage | BrokenImage> {
    const folder = publishedFolder(this.folders, id);
    try {
      const path = join(folder, manifestFile);
      const manifest = parseManifest(path, await readFile(path, "utf8"));
      if (imagePath(manifestId(manifest)) === imagePath(id)) return { id, folder, manifest };
      return { id, folder, reason: `its manifest is of ${imagePath(manifestId(manifest))}` };
    } catch (error) {
      if (error instanceof KindlingError) return { id, folder, reason: error.message };
      return { id, folder, reason: `${manifestFile} cannot be read: ${systemErrorCode(error)}` };
    }
  }
}

// The folders `<name>/<version>/<arch>`.
async function idsBelow(root: string): Promise<readonly ImageId[]> {
  const ids: ImageId[] = [];
  for (const name of await namesIn(root)) {
    for (const version of await namesIn(join(root, name))) {
      for (const found of await namesIn(join(root, name, version))) {
        const arch = architectureOf(found);
        if (arch !== undefined) ids.push({ name, version, arch });
      }
    }
  }
  return ids.sort(compareImages);
}

// What an earlier try left and this one does not want was never checked.
async function sweep(folder: string, wanted: ReadonlySet<string>, below = ""): Promise<void> {
  for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
    const file = `${below}${entry.name}`;
    if (file === proofFolder || wanted.has(file)) continue;
    const holdsWanted = [...wanted].some((one) => one.startsWith(`${file}/`));
    if (entry.isDirectory() && holdsWanted) await sweep(folder, wanted, `${file}/`);
    else await rm(join(folder, file), { recursive: true });
  }
}

async function namesIn(path: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw error;
  }
}

// The version's folder, then the name's, as far as they are empty.
async function removeEmpty(version: string): Promise<void> {
  for (const folder of [version, dirname(version)]) {
    try {
      await rmdir(folder);
    } catch (error) {
      if (["ENOTEMPTY", "EEXIST"].includes(systemErrorCode(error))) return;
      throw error;
    }
  }
}
