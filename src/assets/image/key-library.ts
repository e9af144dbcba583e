import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { KindlingError } from "../../errors.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import type { Recipe } from "./recipe.ts";
import { mergeKey, type TrustedKey } from "./verify.ts";
import type { Trust } from "./vouch.ts";

/** Where public keys are had from; the fetcher is one. */
export type KeySource = {
  document(
    name: string,
    urls: readonly { readonly url: string }[],
    bytesMax: number,
  ): Promise<{ readonly bytes: Uint8Array }>;
};

/** Fedora's file of all its keys has some 40 KiB; a key with many signatures a few hundred. */
const keyBytesMax = 4 << 20;

/** The public keys that recipes pin, kept as their owners publish them. */
export class KeyLibrary {
  readonly #folder: string;
  readonly #source: KeySource;

  constructor(folder: string, source: KeySource) {
    this.#folder = folder;
    this.#source = source;
  }

  /** The keys of a recipe; those that are not here are fetched. Throws when there is none at all. */
  async trusted(recipe: Recipe): Promise<readonly TrustedKey[]> {
    const kept = await this.#kept(recipe);
    return kept.length === recipe.keys.length ? kept : await this.refresh(recipe);
  }

  /** The same for one pull: owners are asked again once at most. */
  trustFor(recipe: Recipe): Trust {
    let known: Promise<readonly TrustedKey[]> | undefined;
    let isFresh = false;
    return {
      trusted: () => {
        known ??= this.trusted(recipe);
        return known;
      },
      refresh: () => {
        if (!isFresh || known === undefined) known = this.refresh(recipe);
        isFresh = true;
        return known;
      },
    };
  }

  /** Asks the owners again: a new subkey, a later end, a revocation. What is known is never forgotten. */
  async refresh(recipe: Recipe): Promise<readonly TrustedKey[]> {
    const fetched = new Map<string, Uint8Array>();
    const troubles: string[] = [];
    for (const { fingerprint, owner, urls } of recipe.keys) {
      const materials = await this.#materials(fingerprint);
      for (const url of urls) {
        try {
          const bytes = fetched.get(url) ?? (await this.#fetch(url));
          fetched.set(url, bytes);
          materials.unshift(bytes);
          await this.#keep(fingerprint, materials);
        } catch (error) {
          if (!(error instanceof KindlingError)) throw error;
          troubles.push(`${owner}: ${error.message}`);
        }
      }
    }
    const kept = await this.#kept(recipe);
    if (kept.length > 0) return kept;
    const want = recipe.keys.map(({ fingerprint }) => this.#path(fingerprint)).join(" or ");
    const message = `no key of ${recipe.name} is here, and none can be had; put one at ${want}\n${troubles.join("\n")}`;
    throw new KindlingError("image.unverified", message, { recipe: recipe.name });
  }

  async #kept({ keys }: Recipe): Promise<readonly TrustedKey[]> {
    const found = keys.map(async ({ owner, fingerprint }) => {
      const [material] = await this.#materials(fingerprint);
      return material === undefined ? [] : [{ owner, fingerprint, material }];
    });
    return (await Promise.all(found)).flat();
  }

  async #materials(fingerprint: string): Promise<Uint8Array[]> {
    try {
      return [await readFile(this.#path(fingerprint))];
    } catch (error) {
      if (systemErrorCode(error) === "ENOENT") return [];
      throw error;
    }
  }

  async #fetch(url: string): Promise<Uint8Array> {
    return (await this.#source.document(url, [{ url }], keyBytesMax)).bytes;
  }

  async #keep(fingerprint: string, materials: readonly Uint8Array[]): Promise<void> {
    const merged = await mergeKey(fingerprint, materials);
    if (merged === undefined) {
      throw new KindlingError("image.unverified", `the key ${fingerprint} is not in what was sent`);
    }
    const path = this.#path(fingerprint);
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    const fresh = `${path}.new`;
    await writeFile(fresh, merged, { mode: 0o644 });
    await rename(fresh, path);
  }

  #path(fingerprint: string): string {
    return join(this.#folder, `${fingerprint}.asc`);
  }
}
