import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** What one tree of files is made of: Debian packages, less what nobody needs, in the places wanted. */
export type TreeRecipe = {
  readonly packages: readonly string[];
  readonly pruned: readonly string[];
  /** Path of a package → where it is wanted. */
  readonly moves: Readonly<Record<string, string>>;
  /** Symbolic link → what it points to. */
  readonly links: Readonly<Record<string, string>>;
};

/** The live image as data: images/live/recipe.json. */
export type LiveRecipe = {
  /** What the image is called in a library. */
  readonly name: string;
  readonly title: string;
  readonly suite: string;
  /** Packages that others depend on for the scripts of their installation alone, which never run here. */
  readonly leftOut: readonly string[];
  readonly pruned: readonly string[];
  readonly trees: Readonly<Record<"initrd" | "root" | "tools", TreeRecipe>>;
  /** Kernel modules of the RAM disk; what they depend on comes along. */
  readonly modules: readonly string[];
};

/** The plain image, and those that have more on top of it: images/live-<variant>/recipe.json. */
export const LiveVariants = ["plain", "kubernetes"] as const;
export type LiveVariant = (typeof LiveVariants)[number];

/** What such an image has on top, under a name of its own. */
export type LiveAddition = Pick<LiveRecipe, "name" | "title" | "leftOut"> & {
  readonly root: TreeRecipe;
};

/** Data, units and scripts of the live image. */
export const liveFolder = join(import.meta.dirname, "../../../images/live");

/** Reads a recipe; its shape is held by a test, since it is part of the source. */
export async function readLiveRecipe(variant: LiveVariant = "plain"): Promise<LiveRecipe> {
  const recipe: LiveRecipe = await readJson(liveFolder);
  return variant === "plain" ? recipe : extendRecipe(recipe, await readJson(folderOf(variant)));
}

/** The recipe with more packages in its root. */
export function extendRecipe(recipe: LiveRecipe, { root, ...more }: LiveAddition): LiveRecipe {
  const { trees } = recipe;
  return {
    ...recipe,
    ...more,
    leftOut: [...recipe.leftOut, ...more.leftOut],
    trees: {
      ...trees,
      root: {
        packages: [...trees.root.packages, ...root.packages],
        pruned: [...trees.root.pruned, ...root.pruned],
        moves: { ...trees.root.moves, ...root.moves },
        links: { ...trees.root.links, ...root.links },
      },
    },
  };
}

/** Every file that decides what comes out. */
export async function liveSources(variant: LiveVariant = "plain"): Promise<readonly string[]> {
  const own = import.meta.dirname;
  const code = (await readdir(own)).map((name) => join(own, name));
  const folders = variant === "plain" ? [liveFolder] : [liveFolder, folderOf(variant)];
  const data = await Promise.all(folders.map(listFiles));
  return [...code, ...data.flat(), join(own, "../initramfs.ts")].toSorted();
}

function folderOf(variant: LiveVariant): string {
  return `${liveFolder}-${variant}`;
}

async function readJson(folder: string) {
  return JSON.parse(await readFile(join(folder, "recipe.json"), "utf8"));
}

async function listFiles(folder: string): Promise<readonly string[]> {
  const parts = await readdir(folder, { recursive: true, withFileTypes: true });
  return parts.filter((part) => part.isFile()).map((part) => join(part.parentPath, part.name));
}
