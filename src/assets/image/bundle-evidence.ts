import { proofPath } from "./bundle-match.ts";
import type { Artefact } from "./image.ts";
import type { ImageManifest, ManifestFile } from "./manifest.ts";
import { fillPlaceholders } from "./names.ts";
import type { Recipe } from "./recipe.ts";

/** What can prove, without a network, that a file is the upstream's. */
export type Evidence =
  /** A detached signature, at this place in the image's folder. */
  | { readonly kind: "signature"; readonly paper: string }
  /** Its checksum stands in this document of the index, and is worth as much as that. */
  | { readonly kind: "index"; readonly document: string }
  /** Its checksum stands in this host's recipe. */
  | { readonly kind: "recipe" }
  | { readonly kind: "none"; readonly why: string }
  /** The bundle says one thing and what it carries as proof another. */
  | { readonly kind: "contradiction"; readonly why: string };

/** What proves a file of an image, given what this host's recipe makes of the index in the bundle. */
export function findEvidence(file: ManifestFile, artefacts: readonly Artefact[]): Evidence {
  const artefact = artefacts.find((one) => one.file === file.file && one.role !== "archive");
  if (artefact === undefined) return findArchive(file, artefacts);
  const { role, check } = artefact;
  if (role !== file.role) {
    return { kind: "contradiction", why: `the recipe has it as ${role}, got ${file.role}` };
  }
  if (check.sha256 !== undefined && check.sha256 !== file.sha256) {
    return { kind: "contradiction", why: `the index wants SHA-256 ${check.sha256}` };
  }
  if (check.signature !== undefined) {
    const [signature] = file.vouchers.filter((one) => one.kind === "signature");
    if (signature !== undefined) return { kind: "signature", paper: proofPath(signature.file) };
    return { kind: "contradiction", why: "its signature is not in the bundle" };
  }
  if (check.sha256 === undefined)
    return { kind: "none", why: "its upstream has no checksum of it" };
  const { listedIn } = check;
  return listedIn === undefined ? { kind: "recipe" } : { kind: "index", document: listedIn };
}

// What an upstream signs is the archive, and that was not kept.
function findArchive(file: ManifestFile, artefacts: readonly Artefact[]): Evidence {
  const archive = artefacts.find(({ members }) => members?.some((one) => one.file === file.file));
  if (archive === undefined) return { kind: "none", why: "this host's recipe has no such file" };
  return { kind: "none", why: `it was taken out of ${archive.path}, which is not kept` };
}

/**
 * What a manifest says beyond its files and nobody signs: how the image is booted and where its packages come
 * from. Proven is what this host's recipe says as well; otherwise, why it is not.
 */
export function findForeignBoot(
  { boot, tree, channel }: ImageManifest,
  recipe: Recipe,
): string | undefined {
  if (formatBoot(boot) !== formatBoot(recipe.boot)) {
    return "its boot arguments are not those of this host's recipe";
  }
  const mirrors = recipe.mirrors.map((mirror) => fillPlaceholders(mirror, { channel }));
  return mirrors.some((mirror) => `${tree}/`.startsWith(mirror.replace(/\/*$/, "/")))
    ? undefined
    : `its tree ${tree} is at no mirror of this host's recipe`;
}

function formatBoot({ args, required, ramMib, secureBoot }: ImageManifest["boot"]): string {
  return JSON.stringify([args, required, ramMib, secureBoot]);
}
