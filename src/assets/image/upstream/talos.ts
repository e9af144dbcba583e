import { parseSha256Sums } from "../checksums.ts";
import type { Documents, ImageWish, Resolution } from "../image.ts";
import { unresolved } from "../image.ts";
import { fillPlaceholders } from "../names.ts";
import type { Recipe } from "../recipe.ts";
import { placeholders } from "./files.ts";
import { withSums } from "./sums.ts";

/**
 * Talos: a release on GitHub with `sha256sum.txt`. It has no OpenPGP signature, so HTTPS vouches for the
 * list. `index` is the API's description of the newest release; with a version it is not asked.
 */
export function resolveTalos(recipe: Recipe, wish: ImageWish, documents: Documents): Resolution {
  const latest = documents.get("latest");
  const version = wish.version ?? tagOf(latest ?? "");
  if (version === undefined && latest === undefined) {
    const path = recipe.index ?? "";
    return { kind: "wants", documents: [{ name: "latest", path, check: {} }] };
  }
  if (version === undefined) return unresolved("unreadable-index", "the release has no tag_name");
  const values = placeholders(recipe, wish, version);
  const sums = documents.get("sums");
  if (sums === undefined) {
    const path = fillPlaceholders("{version}/sha256sum.txt", values);
    return { kind: "wants", documents: [{ name: "sums", path, check: {} }] };
  }
  // The list names the files as they were built: `_out/vmlinuz-amd64` in some releases.
  const byName = [...parseSha256Sums(sums)].map(([path, hash]) => {
    return [`${version}/${path.replace(/^.*\//, "")}`, hash] as const;
  });
  return withSums({
    files: recipe.files,
    values,
    version,
    listedIn: "sums",
    sha256: new Map(byName),
  });
}

// The answer is large and only its tag is wanted.
function tagOf(text: string): string | undefined {
  return /"tag_name"\s*:\s*"(v[\w.+-]+)"/.exec(text)?.[1];
}
