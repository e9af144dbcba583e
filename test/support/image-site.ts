import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Fetcher } from "../../src/assets/image/fetch.ts";
import { ImageLibrary } from "../../src/assets/image/image-library.ts";
import { KeyLibrary } from "../../src/assets/image/key-library.ts";
import type { ImageProgress } from "../../src/assets/image/progress.ts";
import type { PullDeps } from "../../src/assets/image/pull.ts";
import { parseRecipe, type Recipe } from "../../src/assets/image/recipe.ts";
import type { Clock } from "../../src/runtime/clock.ts";

/** A folder for images that is gone afterwards, and what a pull needs to fill it. */
export type ImageSite = Disposable & {
  readonly root: string;
  readonly library: ImageLibrary;
  readonly keys: KeyLibrary;
  readonly seen: ImageProgress[];
  depsFor(recipe: Recipe): PullDeps;
};

/** Waits take no time; `now` is what the site's clock says. */
export function openImageSite(ca: string, now: number, signal?: AbortSignal): ImageSite {
  const root = mkdtempSync(join(tmpdir(), "kindling-images-"));
  const folders = { published: join(root, "assets/images"), work: join(root, "images") };
  const clock: Clock = {
    now: () => now,
    after: (_ms, task) => {
      const timer = setImmediate(task);
      return { [Symbol.dispose]: () => clearImmediate(timer) };
    },
  };
  const settings = { proxy: {}, ca, silenceMs: 300, bytesMax: 1e9 };
  const stop = signal ?? new AbortController().signal;
  const fetcher = new Fetcher(settings, { clock, signal: stop });
  const library = new ImageLibrary(folders, clock.now);
  const keys = new KeyLibrary(join(root, "images/keys"), fetcher);
  const seen: ImageProgress[] = [];
  return {
    ...{ root, library, keys, seen },
    depsFor: (recipe) => ({
      ...{ library, fetcher, clock, bytesMax: 1e9, signal: stop, trust: keys.trustFor(recipe) },
      onProgress: (progress) => seen.push(progress),
    }),
    [Symbol.dispose]() {
      fetcher[Symbol.dispose]();
      rmSync(root, { recursive: true });
    },
  };
}

export const sha256 = (bytes: Uint8Array | string): string => {
  return createHash("sha256").update(bytes).digest("hex");
};

/** A recipe of plain values, as its file would have them. */
export function recipeOf(fields: object): Recipe {
  const boot = {
    args: ["initrd=main"],
    required: ["initrd=main"],
    ramMib: 512,
    secureBoot: "signed",
  };
  const common = { title: "Test", channels: ["stable"], architectures: { x86_64: "amd64" }, boot };
  return parseRecipe("test.yaml", JSON.stringify({ ...common, ...fields }));
}
