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
  readonly suite: string;
  /** Packages that others depend on for the scripts of their installation alone, which never run here. */
  readonly leftOut: readonly string[];
  readonly pruned: readonly string[];
  readonly trees: Readonly<Record<"initrd" | "root" | "tools", TreeRecipe>>;
  /** Kernel modules of the RAM disk; what they depend on comes along. */
  readonly modules: readonly string[];
};

/** Data, units and scripts of the live image. */
export const liveFolder = join(import.meta.dirname, "../../../images/live");

/** Reads the recipe; its shape is held by a test, since it is part of the source. */
export async function readLiveRecipe(): Promise<LiveRecipe> {
  return JSON.parse(await readFile(join(liveFolder, "recipe.json"), "utf8"));
}

/** Every file that decides what comes out. */
export async function liveSources(): Promise<readonly string[]> {
  const [own, data] = [import.meta.dirname, liveFolder];
  const code = (await readdir(own)).map((name) => join(own, name));
  const parts = await readdir(data, { recursive: true, withFileTypes: true });
  const listed = parts
    .filter((part) => part.isFile())
    .map((part) => join(part.parentPath, part.name));
  return [...code, ...listed, join(own, "../initramfs.ts")].toSorted();
}
