import { parseDebianRelease, parseSha256Sums } from "../checksums.ts";
import type { Documents, ImageWish, Resolution } from "../image.ts";
import { unresolved } from "../image.ts";
import type { Recipe } from "../recipe.ts";
import { placeholders } from "./files.ts";
import { withSums } from "./sums.ts";

/**
 * Debian's installer: the signed `InRelease` vouches for `SHA256SUMS` of the installer's images, which
 * vouches for kernel and RAM disk. The version is that of the point release; testing has none, so its
 * images are told apart by the list's own checksum.
 */
export function resolveDebian(recipe: Recipe, wish: ImageWish, documents: Documents): Resolution {
  const inRelease = documents.get("InRelease");
  const suite = `dists/${wish.channel}`;
  if (inRelease === undefined) {
    const check = { clearsigned: true } as const;
    const document = { name: "InRelease", path: `${suite}/InRelease`, check };
    return { kind: "wants", documents: [document] };
  }
  const release = parseDebianRelease(inRelease);
  const values = placeholders(recipe, wish, "current");
  const images = `main/installer-${values["arch"]}/current/images`;
  const sha256 = release.sha256.get(`${images}/SHA256SUMS`);
  if (sha256 === undefined) {
    return unresolved("missing-checksum", `InRelease names no ${images}/SHA256SUMS`);
  }
  const version = release.version ?? `${release.codename ?? wish.channel}-${sha256.slice(0, 12)}`;
  if (wish.version !== undefined && wish.version !== version) {
    const sentence = `${wish.channel} is at ${version}, got asked for ${wish.version}`;
    return unresolved("no-such-version", sentence);
  }
  const folder = `${suite}/${images}`;
  const sums = documents.get("SHA256SUMS");
  if (sums === undefined) {
    const document = {
      name: "SHA256SUMS",
      path: `${folder}/SHA256SUMS`,
      check: { sha256, listedIn: "InRelease" },
    };
    return { kind: "wants", documents: [document] };
  }
  const byPath = [...parseSha256Sums(sums)].map(([name, hash]) => {
    return [`${folder}/${name}`, hash] as const;
  });
  return withSums({
    files: recipe.files,
    values,
    version,
    listedIn: "SHA256SUMS",
    sha256: new Map(byPath),
  });
}
