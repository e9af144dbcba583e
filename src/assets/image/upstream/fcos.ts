import { z } from "zod";
import type { Artefact, Documents, ImageWish, Resolution } from "../image.ts";
import { unresolved } from "../image.ts";
import { fillPlaceholders } from "../names.ts";
import type { Recipe, RecipeFile } from "../recipe.ts";
import { placeholders, upstreamArch } from "./files.ts";

const artefact = z.object({
  location: z.url({ protocol: /^https?$/ }),
  signature: z.url({ protocol: /^https?$/ }),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
const metal = z.object({
  release: z.string(),
  formats: z.record(z.string(), z.record(z.string(), artefact)),
});
const stream = z.object({
  architectures: z.record(z.string(), z.object({ artifacts: z.object({ metal }) })),
});

/**
 * Fedora CoreOS: the stream's metadata names version, files, signatures and checksums. Only `location`
 * is believed: with Fedora 42 the names changed from `live-kernel-x86_64` to `live-kernel.x86_64`.
 * `from` of a file is `<format>/<part>`, as `pxe/kernel`.
 */
export function resolveFcos(recipe: Recipe, wish: ImageWish, documents: Documents): Resolution {
  const index = documents.get("stream");
  if (index === undefined) {
    const path = fillPlaceholders(recipe.index ?? "", placeholders(recipe, wish, ""));
    return { kind: "wants", documents: [{ name: "stream", path, check: {} }] };
  }
  const read = stream.safeParse(parseJson(index));
  if (!read.success) {
    return unresolved("unreadable-index", "the stream's metadata has not the known shape");
  }
  const found = read.data.architectures[upstreamArch(recipe, wish) ?? ""]?.artifacts.metal;
  if (found === undefined) {
    return unresolved("no-such-architecture", `the stream has no metal image for ${wish.arch}`);
  }
  if (wish.version !== undefined && wish.version !== found.release) {
    const sentence = `the stream is at ${found.release}, got asked for ${wish.version}`;
    return unresolved("no-such-version", sentence);
  }
  const files = recipe.files.map((row) => ({ row, made: toArtefact(row, found.formats) }));
  const missing = files.find(({ made }) => made === undefined);
  if (missing !== undefined) {
    return unresolved("missing-file", `the stream names no ${missing.row.from}`);
  }
  const artefacts = files.flatMap(({ made }) => made ?? []);
  return { kind: "release", release: { version: found.release, artefacts } };
}

function toArtefact(
  { role, from, file }: RecipeFile,
  formats: z.output<typeof metal>["formats"],
): Artefact | undefined {
  const [format = "", part = ""] = from.split("/");
  const found = formats[format]?.[part];
  if (found === undefined) return undefined;
  const { location: path, sha256, signature } = found;
  return { role, file, path, check: { sha256, listedIn: "stream", signature } };
}

// Text of a peer: what is no JSON has no known shape either.
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
