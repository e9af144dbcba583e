import type { Artefact, ImageWish } from "../image.ts";
import { fillPlaceholders } from "../names.ts";
import type { Recipe, RecipeFile } from "../recipe.ts";

/** The upstream's word for the wished architecture; undefined: it has none. */
export function upstreamArch(recipe: Recipe, wish: ImageWish): string | undefined {
  return recipe.architectures[wish.arch];
}

/** What the texts of a recipe may name. */
export function placeholders(
  recipe: Recipe,
  wish: ImageWish,
  version: string,
): Readonly<Record<string, string>> {
  return { channel: wish.channel, arch: upstreamArch(recipe, wish) ?? wish.arch, version };
}

/** A file of the recipe with its names filled in and no check yet. */
export function fillFile(row: RecipeFile, values: Readonly<Record<string, string>>): Artefact {
  const members = row.members?.map((each) => ({
    ...each,
    member: fillPlaceholders(each.member, values),
  }));
  return {
    role: row.role,
    file: row.file,
    path: fillPlaceholders(row.from, values),
    check: {},
    ...(members !== undefined && { members }),
  };
}
