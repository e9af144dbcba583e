import { parseSha256Sums } from "../checksums.ts";
import type { Documents, ImageWish, Resolution } from "../image.ts";
import { unresolved } from "../image.ts";
import { compareVersions } from "../names.ts";
import type { Recipe } from "../recipe.ts";
import { placeholders } from "./files.ts";
import { withSums } from "./sums.ts";

/**
 * Ubuntu's live server: `SHA256SUMS` of a release with a detached signature. Point releases replace one
 * another in the same folder, so the newest in the list is taken and never one by a remembered name.
 */
export function resolveUbuntu(recipe: Recipe, wish: ImageWish, documents: Documents): Resolution {
  const sums = documents.get("SHA256SUMS");
  const path = `${wish.channel}/SHA256SUMS`;
  if (sums === undefined) {
    const check = { signature: `${path}.gpg` };
    return { kind: "wants", documents: [{ name: "SHA256SUMS", path, check }] };
  }
  const listed = parseSha256Sums(sums);
  const { arch } = placeholders(recipe, wish, "");
  const pattern = /^ubuntu-(\d+\.\d+(?:\.\d+)?)-live-server-([a-z0-9]+)\.iso$/;
  const versions = [...listed.keys()].flatMap((name) => {
    const [, version, found] = pattern.exec(name) ?? [];
    return version !== undefined && found === arch ? [version] : [];
  });
  const version = wish.version ?? versions.sort(compareVersions).at(-1);
  if (version === undefined) {
    return unresolved("no-such-architecture", `SHA256SUMS names no live server for ${wish.arch}`);
  }
  if (!versions.includes(version)) {
    const got = versions.join(", ") || "none";
    return unresolved("no-such-version", `want ${version}, SHA256SUMS has ${got}`);
  }
  const sha256 = new Map([...listed].map(([name, hash]) => [`${wish.channel}/${name}`, hash]));
  const values = placeholders(recipe, wish, version);
  return withSums({ files: recipe.files, values, version, listedIn: "SHA256SUMS", sha256 });
}
