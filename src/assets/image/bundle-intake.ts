import { type FileHandle, mkdir, open, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { KindlingError } from "../../errors.ts";
import {
  type Bundle,
  type BundleEvent,
  type BundleImage,
  type BundleMember,
  isProof,
  memberPath,
} from "./bundle.ts";
import { findMismatch } from "./bundle-match.ts";
import { type ImageId, imagePath } from "./image.ts";
import { type ImageManifest, manifestFile, manifestId, parseManifest } from "./manifest.ts";
import { Digests } from "./verify.ts";

/** An image as its manifest and proofs tell of it. */
export type ImageProof = {
  readonly id: ImageId;
  readonly manifest: ImageManifest;
  /** `manifest.json` and what is below `proof/`, by their place in the image's folder. */
  readonly papers: ReadonlyMap<string, Uint8Array>;
};

/** What a file is held against besides its SHA-256. */
export type FileCheck = {
  /** The digests that it wants to see. */
  readonly algorithms: readonly string[];
  /** Who vouches for the file; throws `image.unverified` when nobody does. */
  judge(digests: Digests): Promise<string>;
};

/** The checks of each file of an image, by its place; made before the first of the files is read. */
export type Vouch = (proof: ImageProof) => Promise<ReadonlyMap<string, FileCheck>>;

export type IntakeStep =
  | {
      readonly kind: "reading";
      readonly file: string;
      readonly done: number;
      readonly total: number;
    }
  | { readonly kind: "verified"; readonly file: string; readonly by: string };

export type IntakeSettings = {
  readonly vouch: Vouch;
  /** Where an image's files go; undefined: they are only looked at. */
  readonly folderOf: (proof: ImageProof) => Promise<string | undefined>;
  readonly tell: (step: IntakeStep) => void;
};

type OpenFile = {
  readonly member: BundleMember;
  readonly digests: Digests;
  readonly handle: FileHandle | undefined;
  /** The bytes of a manifest or proof. */
  readonly kept: Uint8Array[];
};

/** Takes the files of a bundle as they come: each is hashed, judged, and put where it belongs. */
export class BundleIntake implements AsyncDisposable {
  readonly #settings: IntakeSettings;
  readonly #papers = new Map<string, Map<string, Uint8Array>>();
  readonly #folders = new Map<string, string>();
  readonly #checks = new Map<string, FileCheck>();
  #bundle: Bundle | undefined;
  #proofs: readonly ImageProof[] | undefined;
  #open: OpenFile | undefined;
  #done = 0;
  #total = 0;

  constructor(settings: IntakeSettings) {
    this.#settings = settings;
  }

  /** The images of the bundle; all of their files are good once the last event was taken. */
  get proofs(): readonly ImageProof[] {
    return this.#proofs ?? [];
  }

  async take(event: BundleEvent): Promise<void> {
    switch (event.kind) {
      case "bundle":
        this.#bundle = event.bundle;
        this.#total = bytesOf(event.bundle);
        return;
      case "begin":
        return await this.#begin(event.member);
      case "data":
        return await this.#write(event.bytes);
      case "end":
        return await this.#end();
    }
  }

  /** Closes what an error left open. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open?.handle?.close();
  }

  async #begin(member: BundleMember): Promise<void> {
    // Papers come first in a bundle: with the first other file, all of them are here.
    if (!isProof(member.file)) this.#proofs ??= await this.#readProofs();
    const digests = new Digests(this.#checks.get(memberPath(member))?.algorithms ?? []);
    const folder = isProof(member.file) ? undefined : this.#folders.get(imagePath(member.image));
    const handle = folder === undefined ? undefined : await create(join(folder, member.file));
    this.#open = { member, digests, handle, kept: [] };
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#open === undefined) return;
    const { member, digests, handle, kept } = this.#open;
    digests.update(bytes);
    if (isProof(member.file)) kept.push(Uint8Array.from(bytes));
    if (handle !== undefined) await writeAll(handle, bytes);
    this.#done += bytes.length;
    const file = memberPath(member);
    this.#settings.tell({ kind: "reading", file, done: this.#done, total: this.#total });
  }

  async #end(): Promise<void> {
    if (this.#open === undefined) return;
    const { member, digests, handle, kept } = this.#open;
    const file = memberPath(member);
    await handle?.close();
    this.#open = undefined;
    if (digests.sha256 !== member.sha256) {
      throw unverified(file, `want SHA-256 ${member.sha256}, got ${digests.sha256}`);
    }
    if (isProof(member.file)) this.#papersOf(member.image).set(member.file, Buffer.concat(kept));
    const by = await this.#checks.get(file)?.judge(digests);
    if (by !== undefined) this.#settings.tell({ kind: "verified", file, by });
  }

  async #readProofs(): Promise<readonly ImageProof[]> {
    const proofs: ImageProof[] = [];
    for (const image of this.#bundle?.images ?? []) proofs.push(await this.#readProof(image));
    return proofs;
  }

  async #readProof(image: BundleImage): Promise<ImageProof> {
    const [path, papers] = [imagePath(image), this.#papersOf(image)];
    const text = Buffer.from(papers.get(manifestFile) ?? []).toString("utf8");
    const manifest = parseManifest(`${path}/${manifestFile}`, text);
    const mismatch = findMismatch(image, manifest, text);
    if (mismatch !== undefined) throw unverified(path, mismatch);
    const proof: ImageProof = { id: manifestId(manifest), manifest, papers };
    for (const [file, check] of await this.#settings.vouch(proof)) {
      this.#checks.set(`${path}/${file}`, check);
    }
    const folder = await this.#settings.folderOf(proof);
    if (folder !== undefined) {
      this.#folders.set(path, folder);
      for (const [file, bytes] of papers) await keep(join(folder, file), bytes);
    }
    return proof;
  }

  #papersOf(image: BundleImage): Map<string, Uint8Array> {
    const path = imagePath(image);
    const papers = this.#papers.get(path) ?? new Map<string, Uint8Array>();
    this.#papers.set(path, papers);
    return papers;
  }
}

function bytesOf({ images }: Bundle): number {
  return images.flatMap(({ files }) => files).reduce((sum, { bytes }) => sum + bytes, 0);
}

async function create(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  return await open(path, "wx", 0o644);
}

async function keep(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await writeFile(path, bytes, { flag: "wx", mode: 0o644 });
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    done += (await file.write(chunk, done)).bytesWritten;
  }
}

function unverified(file: string, why: string): KindlingError {
  return new KindlingError("image.unverified", `${file}: ${why}`, { file });
}
