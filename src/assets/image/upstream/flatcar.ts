import type { Documents, ImageWish, Resolution } from "../image.ts";
import { unresolved } from "../image.ts";
import { fillPlaceholders } from "../names.ts";
import type { Recipe } from "../recipe.ts";
import { fillFile, placeholders } from "./files.ts";

/**
 * Flatcar: `version.txt` of a channel tells the version, and each file has a detached signature beside
 * it. The signature does not cover the version: a mirror can hold back a newer one, but not forge one.
 */
export function resolveFlatcar(recipe: Recipe, wish: ImageWish, documents: Documents): Resolution {
  const index = documents.get("version");
  if (index === undefined) {
    const values = placeholders(recipe, wish, wish.version ?? "current");
    const path = fillPlaceholders(recipe.index ?? "", values);
    return { kind: "wants", documents: [{ name: "version", path, check: {} }] };
  }
  const version = /^FLATCAR_VERSION=["']?([\w.+-]+)["']?\s*$/m.exec(index)?.[1];
  if (version === undefined) {
    return unresolved("unreadable-index", "version.txt has no FLATCAR_VERSION");
  }
  if (wish.version !== undefined && wish.version !== version) {
    const sentence = `version.txt of ${wish.version} says ${version}`;
    return unresolved("no-such-version", sentence);
  }
  const values = placeholders(recipe, wish, version);
  const artefacts = recipe.files.map((row) => {
    const made = fillFile(row, values);
    return { ...made, check: { signature: `${made.path}.sig` } };
  });
  return { kind: "release", release: { version, artefacts } };
}
