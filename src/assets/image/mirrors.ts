import { KindlingError } from "../../errors.ts";
import type { Check, ImageWish } from "./image.ts";
import { fillPlaceholders } from "./names.ts";
import type { Recipe } from "./recipe.ts";
import { placeholders } from "./upstream/files.ts";

/** Where something can be had, and below which mirror. */
export type MirrorUrl = { readonly url: string; readonly mirror?: string };

/**
 * The URLs of a path of a release, in the order they are tried. A whole URL below the recipe's `origin` is
 * had from the mirrors, too; another one stands for itself.
 */
export function urlsOf(recipe: Recipe, wish: ImageWish, path: string): readonly MirrorUrl[] {
  const { origin } = recipe;
  const isWhole = /^https?:\/\//.test(path);
  const below = origin !== undefined && path.startsWith(`${origin}/`);
  if (isWhole && !below) return [{ url: path }];
  const rest = isWhole && below ? path.slice(origin.length + 1) : path;
  return mirrorsOf(recipe, wish).map((mirror) => ({ url: `${mirror}/${rest}`, mirror }));
}

/** Those that may be asked: of bytes that nobody else vouches for, HTTPS alone; throws where that leaves none. */
export function safeUrls(
  urls: readonly MirrorUrl[],
  check: Check,
  what: string,
): readonly MirrorUrl[] {
  if (check.sha256 ?? check.signature ?? check.clearsigned) return urls;
  const safe = urls.filter(({ url }) => url.startsWith("https://"));
  if (safe.length > 0) return safe;
  const message = `nobody signs ${what}, so it wants an https mirror, got ${urls.map(({ url }) => url).join(", ")}`;
  throw new KindlingError("image.recipe", message);
}

/** The upstream's tree, for an installer that fetches packages itself. */
export function treeOf(recipe: Recipe, wish: ImageWish, version: string): string {
  const [mirror = ""] = mirrorsOf(recipe, wish);
  if (recipe.upstream !== "treeinfo") return mirror;
  const values = placeholders(recipe, wish, version);
  return `${mirror}/${fillPlaceholders(recipe.index ?? "", values)}`;
}

function mirrorsOf(recipe: Recipe, wish: ImageWish): readonly string[] {
  const values = placeholders(recipe, wish, wish.version ?? "");
  return recipe.mirrors.map((mirror) => fillPlaceholders(mirror, values).replace(/\/+$/, ""));
}
