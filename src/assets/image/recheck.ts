import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { KindlingError } from "../../errors.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import { isByHand, recheckByHand } from "./hand-recheck.ts";
import type { Artefact, Check, DocumentWish } from "./image.ts";
import type { StoredImage } from "./image-library.ts";
import { type ImageManifest, type ManifestFile, proofFolder, type Voucher } from "./manifest.ts";
import type { Recipe } from "./recipe.ts";
import { resolveImage } from "./resolve.ts";
import { Digests, type TrustedKey } from "./verify.ts";
import { type CheckTools, openSignatureOf, vouchFor, vouchForDocument } from "./vouch.ts";

/** How one file of an image stands. Where only `https` vouches, whoever brought the image is believed. */
export type FileState =
  | { readonly kind: "good"; readonly file: string; readonly vouchers: readonly Voucher[] }
  | { readonly kind: "bad"; readonly file: string; readonly reason: string };

export type RecheckDeps = {
  /** The host's own, never the one that came with an image: it says what must be signed, and by whom. */
  readonly recipe: Recipe;
  readonly now: number;
  /** Keys of this host besides those beside the image. */
  readonly keys?: readonly TrustedKey[];
  readonly onBytes?: (file: string, bytes: number) => void;
};

type Folder = Pick<StoredImage, "folder" | "manifest">;

/**
 * Checks an image again with what lies beside it, and without a network: documents and their signatures,
 * what the documents say of each file, and each file's bytes. What must hold is taken from the recipe, and
 * nothing of it is the manifest's word.
 */
export async function recheckImage(
  image: Folder,
  deps: RecheckDeps,
): Promise<readonly FileState[]> {
  if (isByHand(image.manifest)) return await recheckByHand(image);
  const rechecking = new Rechecking(image, deps);
  const { states, artefacts } = await rechecking.documents();
  for (const artefact of artefacts) states.push(...(await rechecking.artefact(artefact)));
  const known = new Set(states.map(({ file }) => file));
  const others = image.manifest.files.filter(({ file }) => !known.has(file));
  return [
    ...states,
    ...others.map(({ file }) => bad(file, "nothing in its recipe vouches for it")),
  ];
}

class Rechecking {
  readonly #image: Folder;
  readonly #deps: RecheckDeps;

  constructor(image: Folder, deps: RecheckDeps) {
    this.#image = image;
    this.#deps = deps;
  }

  /** The documents' states, and the release that those which are good come to. */
  async documents(): Promise<{ states: FileState[]; artefacts: readonly Artefact[] }> {
    const { channel, arch, version } = this.#image.manifest;
    const recipe = filesHere(this.#deps.recipe, this.#image.manifest);
    const texts = new Map<string, string>();
    const states: FileState[] = [];
    for (;;) {
      const resolution = resolveImage(recipe, { channel, arch, version }, texts);
      if (resolution.kind === "release") {
        return { states, artefacts: resolution.release.artefacts };
      }
      const wanted = resolution.kind === "wants" ? resolution.documents : [];
      if (resolution.kind === "unresolved") states.push(bad(proofFolder, resolution.sentence));
      for (const document of wanted) states.push(await this.#document(document, texts));
      if (states.some(({ kind }) => kind === "bad")) return { states, artefacts: [] };
    }
  }

  /** The states of the files that an artefact comes to. */
  async artefact({ file, check, role, members = [] }: Artefact): Promise<readonly FileState[]> {
    const names = role === "archive" ? members.map((member) => member.file) : [file];
    const states: FileState[] = [];
    for (const name of names) states.push(await this.#file(name, check));
    return states;
  }

  #document({ name, check }: DocumentWish, texts: Map<string, string>): Promise<FileState> {
    return judged(`${proofFolder}/${name}`, async () => {
      const row = this.#image.manifest.documents.find((one) => one.name === name);
      if (row === undefined) throw changed("is not in the manifest");
      const bytes = await readFile(join(this.#image.folder, proofFolder, name));
      const { text, vouchers } = await vouchForDocument(
        check,
        bytes,
        await this.#tools(row, check),
      );
      texts.set(name, text);
      return vouchers;
    });
  }

  #file(file: string, check: Check): Promise<FileState> {
    return judged(file, async () => {
      const row = this.#image.manifest.files.find((one) => one.file === file);
      if (row === undefined) throw changed("is not in the manifest");
      if (row.member !== undefined) return await this.#member(row, check);
      const tools = await this.#tools({ ...row, name: file }, check);
      const digests = await this.#hash(file, tools.signature?.opened.algorithms);
      if (digests.sha256 === row.sha256) return await vouchFor(check, digests, tools);
      throw changed(`has SHA-256 ${digests.sha256}, want ${row.sha256} of the manifest`);
    });
  }

  // An archive is not kept, so of what was taken out of it the manifest alone tells.
  async #member(row: ManifestFile, { sha256, listedIn }: Check): Promise<readonly Voucher[]> {
    if (sha256 !== row.archiveSha256) {
      throw changed(`is out of another archive than ${listedIn ?? "the recipe"} names`);
    }
    const digests = await this.#hash(row.file);
    if (digests.sha256 === row.sha256) return row.vouchers;
    throw changed(`has SHA-256 ${digests.sha256}, want ${row.sha256} of the manifest`);
  }

  async #hash(file: string, algorithms: readonly string[] = []): Promise<Digests> {
    const digests = new Digests(algorithms);
    const path = join(this.#image.folder, file);
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      // proven: no encoding is set, so a chunk is a Buffer
      digests.update(chunk as Buffer);
      this.#deps.onBytes?.(file, digests.bytes);
    }
    return digests;
  }

  async #tools(
    { name, url }: { readonly name: string; readonly url: string },
    check: Check,
  ): Promise<CheckTools> {
    const trusted = () => this.#trusted();
    const tools = { name, url, trust: { trusted, refresh: trusted }, now: this.#deps.now };
    if (check.signature === undefined) return tools;
    const file = `${name}.sig`;
    const bytes = await readFile(join(this.#image.folder, proofFolder, file));
    return {
      ...tools,
      signature: { file, opened: await openSignatureOf({ name: file, url }, bytes) },
    };
  }

  // Those beside the image hold what was known when it came; the pinned fingerprints say whose they are.
  async #trusted(): Promise<readonly TrustedKey[]> {
    const { recipe, keys = [] } = this.#deps;
    const beside = recipe.keys.map(async ({ owner, fingerprint }) => {
      const path = join(this.#image.folder, proofFolder, "keys", `${fingerprint}.asc`);
      const material = await readFile(path).catch((error: unknown) => {
        if (systemErrorCode(error) === "ENOENT") return undefined;
        throw error;
      });
      return material === undefined ? [] : [{ owner, fingerprint, material }];
    });
    return [...keys, ...(await Promise.all(beside)).flat()];
  }
}

// Optional files count where they are here.
function filesHere(recipe: Recipe, { files }: ImageManifest): Recipe {
  const here = new Set(files.map(({ file }) => file));
  return { ...recipe, files: recipe.files.filter((row) => !row.optional || here.has(row.file)) };
}

async function judged(file: string, check: () => Promise<readonly Voucher[]>): Promise<FileState> {
  try {
    return { kind: "good", file, vouchers: await check() };
  } catch (error) {
    if (error instanceof KindlingError) return bad(file, error.message);
    const code = systemErrorCode(error);
    return bad(file, code === "ENOENT" ? "is missing" : `fails (${code})`);
  }
}

function bad(file: string, reason: string): FileState {
  return { kind: "bad", file, reason };
}

function changed(why: string): KindlingError {
  return new KindlingError("image.broken", why);
}
