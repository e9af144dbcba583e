import { parseTreeInfo } from "../checksums.ts";
import type { Documents, ImageWish, Resolution } from "../image.ts";
import { unresolved } from "../image.ts";
import { fillPlaceholders } from "../names.ts";
import type { Recipe } from "../recipe.ts";
import { placeholders } from "./files.ts";
import { withSums } from "./sums.ts";

/**
 * Install trees of Fedora, AlmaLinux and Rocky: `.treeinfo` has the checksums. Nobody signs it, so HTTPS
 * vouches for it. `index` is the tree below a mirror.
 */
export function resolveTree(recipe: Recipe, wish: ImageWish, documents: Documents): Resolution {
  const values = placeholders(recipe, wish, wish.version ?? "");
  const tree = fillPlaceholders(recipe.index ?? "", values);
  const text = documents.get("treeinfo");
  if (text === undefined) {
    const document = { name: "treeinfo", path: `${tree}/.treeinfo`, check: {} };
    return { kind: "wants", documents: [document] };
  }
  const { version, sha256 } = parseTreeInfo(text);
  if (version === undefined) return unresolved("unreadable-index", ".treeinfo tells no version");
  if (wish.version !== undefined && wish.version !== version) {
    return unresolved("no-such-version", `the tree is ${version}, got asked for ${wish.version}`);
  }
  const byPath = [...sha256].map(([path, hash]) => [`${tree}/${path}`, hash] as const);
  return withSums({
    files: recipe.files,
    values,
    version,
    listedIn: "treeinfo",
    sha256: new Map(byPath),
  });
}
