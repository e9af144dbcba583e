/** Images as the daemon and the commands have them: where they lie, and how upstreams are asked. Wiring only. */
import { readFile } from "node:fs/promises";
import { Fetcher, type FetchSettings } from "./assets/image/fetch.ts";
import { openFollower } from "./assets/image/follower.ts";
import { ImageLibrary } from "./assets/image/image-library.ts";
import { KeyLibrary } from "./assets/image/key-library.ts";
import { keyFolder, recipeFolder } from "./assets/image/layout.ts";
import type { ImageProgress } from "./assets/image/progress.ts";
import type { PullDeps } from "./assets/image/pull.ts";
import type { Recipe } from "./assets/image/recipe.ts";
import { ownRecipes, RecipeLibrary } from "./assets/image/recipe-library.ts";
import type { Config } from "./config/schema.ts";
import { imageFolders } from "./daemon-loaders.ts";
import type { House } from "./daemon-parts.ts";
import { KindlingError } from "./errors.ts";
import { systemClock } from "./runtime/clock.ts";
import { systemErrorCode } from "./runtime/system-error.ts";
import type { Catalog } from "./store/catalog.ts";

/** All that images need, opened; disposing of it ends its connections. */
export type ImageHouse = Disposable & {
  readonly library: ImageLibrary;
  readonly recipes: RecipeLibrary;
  readonly keys: KeyLibrary;
  /** What a pull of this recipe needs. */
  depsFor(recipe: Recipe, onProgress: (progress: ImageProgress) => void): PullDeps;
};

export type ImageSurroundings = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
};

export async function openImages(
  config: Config,
  { environment, signal }: ImageSurroundings,
): Promise<ImageHouse> {
  const folders = imageFolders(config);
  const settings = await fetchSettings(config, environment);
  const fetcher = new Fetcher(settings, { clock: systemClock, signal });
  const library = new ImageLibrary(folders, systemClock.now);
  const keys = new KeyLibrary(keyFolder(folders), fetcher);
  return {
    ...{ library, keys },
    recipes: new RecipeLibrary([ownRecipes, recipeFolder(folders)]),
    depsFor: (recipe, onProgress) => ({
      ...{
        fetcher,
        library,
        onProgress,
        clock: systemClock,
        bytesMax: config.images.fileMax,
        signal,
      },
      trust: keys.trustFor(recipe),
    }),
    [Symbol.dispose]: () => fetcher[Symbol.dispose](),
  };
}

async function fetchSettings(
  { images }: Config,
  environment: ImageSurroundings["environment"],
): Promise<FetchSettings> {
  const given = (name: string) => environment[name] ?? environment[name.toLowerCase()];
  const exceptions = [given("NO_PROXY"), ...images.noProxy].filter((one) => one !== undefined);
  return {
    proxy: {
      HTTPS_PROXY: images.proxy || given("HTTPS_PROXY"),
      HTTP_PROXY: images.proxy || given("HTTP_PROXY"),
      NO_PROXY: exceptions.join(","),
    },
    ca: images.caFile === "" ? "" : await readAuthorities(images.caFile),
    silenceMs: images.silence * 1000,
    bytesMax: images.fileMax,
  };
}

async function readAuthorities(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const message = `images.caFile: cannot read ${file} (${systemErrorCode(error)})`;
    throw new KindlingError("config.invalid", message, { key: "images.caFile" }, error);
  }
}

/** Looks at what `images.follow` names, beside the daemon's other services. */
export async function openImageFollower(
  { config, options, findings, log, resources }: House,
  catalog: Catalog,
) {
  const { environment, signal } = options;
  const { library, recipes, depsFor, ...house } = await openImages(config, { environment, signal });
  resources.use(house);
  const { follow, every, pull } = config.images;
  return resources.use(
    openFollower({
      ...{ follow, pull, everyMs: every * 1000, library, recipes, findings },
      depsFor: (recipe) => depsFor(recipe, () => {}),
      profiles: async () => (await catalog.snapshot()).profiles,
      clock: systemClock,
      log: log.child({ part: "images" }),
    }),
  );
}
