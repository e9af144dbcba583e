import { assertNever } from "../../errors.ts";
import {
  type Documents,
  type ImageRole,
  type ImageWish,
  type Resolution,
  unresolved,
} from "./image.ts";
import { isImageName } from "./names.ts";
import type { Recipe } from "./recipe.ts";
import { resolveCustom } from "./upstream/custom.ts";
import { resolveDebian } from "./upstream/debian.ts";
import { resolveFcos } from "./upstream/fcos.ts";
import { upstreamArch } from "./upstream/files.ts";
import { resolveFlatcar } from "./upstream/flatcar.ts";
import { resolveTalos } from "./upstream/talos.ts";
import { resolveTree } from "./upstream/treeinfo.ts";
import { resolveUbuntu } from "./upstream/ubuntu.ts";

/**
 * What a recipe comes to, given the documents read so far. Ask again with those it wants until it has a
 * release; no upstream needs more than three rounds.
 */
export function resolveImage(recipe: Recipe, wish: ImageWish, documents: Documents): Resolution {
  if (upstreamArch(recipe, wish) === undefined) {
    const known = Object.keys(recipe.architectures).join(", ");
    const sentence = `${recipe.name} is made for ${known}, got asked for ${wish.arch}`;
    return unresolved("no-such-architecture", sentence);
  }
  const found = ask(recipe, wish, documents);
  if (found.kind !== "release" || isImageName(found.release.version)) return found;
  return unresolved("unreadable-index", `"${found.release.version}" can name no folder`);
}

/** The recipe without the optional files that were not asked for. */
export function chooseFiles(recipe: Recipe, extras: readonly ImageRole[]): Recipe {
  const files = recipe.files.filter(({ optional, role }) => !optional || extras.includes(role));
  return { ...recipe, files };
}

function ask(recipe: Recipe, wish: ImageWish, documents: Documents): Resolution {
  switch (recipe.upstream) {
    case "fcos":
      return resolveFcos(recipe, wish, documents);
    case "flatcar":
      return resolveFlatcar(recipe, wish, documents);
    case "talos":
      return resolveTalos(recipe, wish, documents);
    case "debian":
      return resolveDebian(recipe, wish, documents);
    case "ubuntu":
      return resolveUbuntu(recipe, wish, documents);
    case "treeinfo":
      return resolveTree(recipe, wish, documents);
    case "custom":
      return resolveCustom(recipe, wish);
    default:
      return assertNever(recipe.upstream);
  }
}
