import type { ImageWish, Resolution } from "../image.ts";
import { unresolved } from "../image.ts";
import { fillPlaceholders } from "../names.ts";
import type { Recipe } from "../recipe.ts";
import { fillFile, placeholders } from "./files.ts";

/** An operator's own image: the recipe itself has the version and the checks. */
export function resolveCustom(recipe: Recipe, wish: ImageWish): Resolution {
  const version = recipe.version ?? "";
  if (wish.version !== undefined && wish.version !== version) {
    return unresolved("no-such-version", `the recipe is of ${version}, got ${wish.version}`);
  }
  const values = placeholders(recipe, wish, version);
  const artefacts = recipe.files.map((row) => {
    const signature = row.signature && fillPlaceholders(row.signature, values);
    return { ...fillFile(row, values), check: { sha256: row.sha256, signature } };
  });
  return { kind: "release", release: { version, artefacts } };
}
