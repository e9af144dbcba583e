import { constants } from "node:fs";
import { copyFile, mkdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { KindlingError } from "../../errors.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import type { FetchedFile, Fetcher } from "./fetch.ts";
import type { Artefact, ImageId, ImageWish } from "./image.ts";
import type { ImageLibrary, Stage, StoredImage } from "./image-library.ts";
import {
  type FoundRelease,
  fetchSignature,
  findRelease,
  type IndexDeps,
} from "./index-documents.ts";
import { type ImageManifest, type ManifestFile, proofFolder } from "./manifest.ts";
import { type MirrorUrl, safeUrls, treeOf, urlsOf } from "./mirrors.ts";
import { forgetPart } from "./part-file.ts";
import { describeVouchers, type ImageProgress } from "./progress.ts";
import { withRawDigests } from "./raw-digest.ts";
import type { Recipe } from "./recipe.ts";
import { unpackMembers } from "./unpack.ts";
import { Digests } from "./verify.ts";
import { vouchFor } from "./vouch.ts";

export type PullDeps = IndexDeps & {
  readonly fetcher: Fetcher;
  readonly library: ImageLibrary;
  readonly bytesMax: number;
  readonly onProgress: (progress: ImageProgress) => void;
  readonly signal: AbortSignal;
};

/** `present`: all that was asked for was here already. */
export type Pulled = { readonly kind: "present" | "pulled"; readonly image: StoredImage };

/** What is pulled: a recipe with its files chosen, and which of its images. */
export type PullWish = { readonly recipe: Recipe; readonly wish: ImageWish };

/**
 * Brings one image here: index, files, checks, and then, in one step, before the machines. What fails a
 * check is put aside; what breaks off stays for the next pull.
 */
export async function pullImage({ recipe, wish }: PullWish, deps: PullDeps): Promise<Pulled> {
  const { library, onProgress, signal } = deps;
  onProgress({ kind: "resolving", image: recipe.name });
  const found = await findRelease(recipe, wish, deps);
  const { version, artefacts } = found.release;
  const id: ImageId = { name: recipe.name, version, arch: wish.arch };
  onProgress({ kind: "resolved", image: `${id.name}@${version}`, files: artefacts.length });
  using stage = await library.stage(id);
  const [here] = await library.matching(id);
  if (here !== undefined && hasAll(here.manifest, found)) {
    await stage.discard();
    return { kind: "present", image: here };
  }
  if (here !== undefined) await takeOver(here, stage);
  await rm(join(stage.folder, proofFolder), { recursive: true, force: true }); // of an earlier try
  try {
    const pulling = new Pulling({ recipe, wish }, stage, deps);
    for (const artefact of artefacts) await pulling.take(artefact);
    const manifest = await pulling.finish(found, id);
    const whole = await withRawDigests(manifest, stage.folder, { tell: onProgress, signal });
    return { kind: "pulled", image: await stage.publish(whole) };
  } catch (error) {
    if (!(error instanceof KindlingError)) throw error;
    if (error.code !== "image.unverified" && error.code !== "image.broken") throw error;
    const folder = await stage.reject(error.message);
    const message = `${error.message}\nwhat was fetched is in ${folder}; machines were shown none of it`;
    throw new KindlingError(error.code, message, { ...error.details, folder }, error);
  }
}

/** The files of one image on their way into its folder. */
class Pulling {
  readonly #what: PullWish;
  readonly #stage: Stage;
  readonly #deps: PullDeps;
  readonly #files: ManifestFile[] = [];

  constructor(what: PullWish, stage: Stage, deps: PullDeps) {
    this.#what = what;
    this.#stage = stage;
    this.#deps = deps;
  }

  async take(artefact: Artefact): Promise<void> {
    const isArchive = artefact.role === "archive";
    const folder = isArchive ? this.#stage.resume : this.#stage.folder;
    const path = join(folder, artefact.file);
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    const { from, digests, vouchers } = await this.#fetchChecked(artefact, path);
    const { bytes, sha256 } = digests;
    const { file, role } = artefact;
    const source = {
      url: from.url,
      ...(from.mirror !== undefined && { mirror: from.mirror }),
      fetchedAt: new Date(this.#deps.clock.now()).toISOString(),
      vouchers: [...vouchers],
    };
    const by = describeVouchers(vouchers);
    this.#deps.onProgress({ kind: "verified", file, bytes, by });
    if (!isArchive) {
      this.#files.push({ role, file, bytes, sha256, ...source });
      return;
    }
    const to = { folder: this.#stage.folder, bytesMax: this.#deps.bytesMax };
    for (const row of await unpackMembers(path, artefact.members ?? [], to)) {
      this.#files.push({ ...row, ...source, archiveSha256: sha256 });
    }
  }

  /** Writes the proofs; the manifest of all that was taken. */
  async finish(found: FoundRelease, id: ImageId): Promise<ImageManifest> {
    const { recipe, wish } = this.#what;
    const keys = await (recipe.keys.length === 0 ? [] : this.#deps.trust.trusted());
    await this.#prove([
      ...found.proofs,
      ...keys.map(({ fingerprint, material }) => ({
        file: `keys/${fingerprint}.asc`,
        bytes: material,
      })),
      { file: "recipe.yaml", bytes: Buffer.from(`${JSON.stringify(recipe, null, 2)}\n`) },
    ]);
    const { args, required, ramMib, secureBoot } = recipe.boot;
    return {
      ...{ format: 1, ...id, channel: wish.channel, title: recipe.title },
      pulledAt: new Date(this.#deps.clock.now()).toISOString(),
      tree: treeOf(recipe, wish, id.version),
      boot: { args, required, ramMib, secureBoot },
      files: this.#files,
      documents: [...found.documents],
    };
  }

  // A file that is put together from several answers gets a second, fresh try; one that a mirror gave
  // wrong, the other mirrors.
  async #fetchChecked(artefact: Artefact, path: string) {
    const { check, file } = artefact;
    const { recipe, wish } = this.#what;
    const note = join(this.#stage.resume, `${encodeURIComponent(file)}.json`);
    let urls = safeUrls(urlsOf(recipe, wish, artefact.path), check, file);
    const signature = await this.#signatureOf(artefact);
    let refetched = false;
    for (;;) {
      const fetched = await this.#fetch(
        { artefact, path, note, urls },
        signature?.opened.algorithms,
      );
      try {
        const tools = {
          ...{ name: file, url: fetched.from.url, trust: this.#deps.trust },
          now: this.#deps.clock.now(),
          ...(signature && { signature }),
        };
        return { ...fetched, vouchers: await vouchFor(check, fetched.digests, tools) };
      } catch (error) {
        if (!(error instanceof KindlingError) || error.code !== "image.unverified") throw error;
        const others = urls.slice(urls.indexOf(fetched.from) + 1);
        if (fetched.isPieced && !refetched) refetched = true;
        else if (others.length > 0) urls = others;
        else throw error;
        this.#deps.onProgress({ kind: "broke", file, reason: error.message });
        await forgetPart({ path, note });
      }
    }
  }

  async #signatureOf({ check, file }: Artefact) {
    if (check.signature === undefined) return undefined;
    const { recipe, wish } = this.#what;
    const urls = urlsOf(recipe, wish, check.signature);
    const { proof, opened } = await fetchSignature(urls, `${file}.sig`, this.#deps);
    await this.#prove([proof]);
    // Asked before gigabytes come: of a stranger's key no file will be good.
    const { trust } = this.#deps;
    if (!(await opened.isFrom(await trust.trusted()))) await trust.refresh();
    return { file: proof.file, opened };
  }

  #fetch(
    { artefact, path, note, urls }: FetchPlan,
    algorithms: readonly string[] = [],
  ): Promise<FetchedFile> {
    const { file: name, check } = artefact;
    const { onProgress } = this.#deps;
    return this.#deps.fetcher.file({
      ...{ name, urls, path, note, sha256: check.sha256 },
      digests: () => new Digests(algorithms),
      onBytes: (bytes, total, resumed) => {
        onProgress({ kind: "fetching", file: name, bytes, total, resumed });
      },
      onBroke: (reason) => onProgress({ kind: "broke", file: name, reason }),
    });
  }

  async #prove(files: FoundRelease["proofs"]): Promise<void> {
    for (const { file, bytes } of files) {
      const path = join(this.#stage.folder, proofFolder, file);
      await mkdir(dirname(path), { recursive: true, mode: 0o755 });
      await writeFile(path, bytes, { mode: 0o644 });
    }
  }
}

type FetchPlan = {
  readonly artefact: Artefact;
  readonly path: string;
  readonly note: string;
  readonly urls: readonly MirrorUrl[];
};

// What the upstream replaced under the same version, or a role that was not asked for before, is missing.
function hasAll({ files }: ImageManifest, { release }: FoundRelease): boolean {
  return release.artefacts.every(({ role, file, check, members }) => {
    if (role !== "archive") {
      const here = files.find((row) => row.file === file);
      return here !== undefined && (check.sha256 ?? here.sha256) === here.sha256;
    }
    return (members ?? []).every((member) => {
      const here = files.find((row) => row.file === member.file);
      return here !== undefined && (check.sha256 ?? here.archiveSha256) === here.archiveSha256;
    });
  });
}

// Copies, which cost nothing where the file system shares blocks: machines read the files themselves.
async function takeOver({ manifest, folder }: StoredImage, stage: Stage): Promise<void> {
  for (const { file, member } of manifest.files) {
    const to = join(stage.folder, file);
    if (member !== undefined || (await isThere(to))) continue;
    await mkdir(dirname(to), { recursive: true, mode: 0o755 });
    await copyFile(join(folder, file), to, constants.COPYFILE_FICLONE);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return false;
    throw error;
  }
}
