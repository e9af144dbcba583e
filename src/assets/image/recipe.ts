import { parse } from "yaml";
import { z } from "zod";
import { KindlingError } from "../../errors.ts";
import { ImageArchitectures, ImageRoles } from "./image.ts";
import { isFreePlace } from "./manifest.ts";
import { isImageFile, isImageName } from "./names.ts";

/** A recipe is read from a file of an operator too. */
const textCharsMax = 64 * 1024;

const name = z.string().refine(isImageName, "want letters, digits and . _ + ~ - only");
const file = z
  .string()
  .refine(isImageFile, "want a relative path of plain names")
  .refine(isFreePlace, "is the place of the image's manifest");
const url = z.string().regex(/^https?:\/\/\S+$/, "want an http or https URL");
const text = z.string().min(1).max(1024);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "want 64 hexadecimal digits in lower case");
/** As people write it: in groups of four or in one. */
const fingerprint = z
  .string()
  .transform((given) => given.replaceAll(" ", "").toLowerCase())
  .pipe(z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, "want a whole fingerprint"));

const recipeFile = z.strictObject({
  role: z.enum(ImageRoles),
  /** Below the mirror, in the upstream's own words; `{channel} {arch} {version}` are filled in. */
  from: text,
  file,
  /** Fetched only when it is asked for by its role. */
  optional: z.boolean().default(false),
  sha256: sha256.exactOptional(),
  signature: text.exactOptional(),
  members: z
    .array(z.strictObject({ role: z.enum(ImageRoles), member: text, file }))
    .max(8)
    .exactOptional(),
});

const recipeSchema = z.strictObject({
  name,
  title: text,
  upstream: z.enum(["fcos", "flatcar", "talos", "debian", "ubuntu", "treeinfo", "custom"]),
  /** Where the upstream's own URLs begin, when it gives whole ones; a mirror stands in for it. */
  origin: url.exactOptional(),
  mirrors: z.array(url).min(1).max(16),
  /** The first is the one taken when none is named. */
  channels: z.array(name).min(1).max(32),
  /** Ours → the upstream's. */
  architectures: z.partialRecord(z.enum(ImageArchitectures), text),
  /** The index, below the mirror. */
  index: text.exactOptional(),
  /** The version of a custom image. */
  version: name.exactOptional(),
  keys: z
    .array(z.strictObject({ fingerprint, owner: text, urls: z.array(url).max(4).default([]) }))
    .max(32)
    .default([]),
  files: z.array(recipeFile).min(1).max(16),
  boot: z.strictObject({
    args: z.array(text).max(64),
    /** Arguments without which this image does not start: a later edit of the profile is held to them. */
    required: z.array(text).max(32).default([]),
    ramMib: z.int().min(1).max(1_048_576),
    secureBoot: z.enum(["signed", "unsigned"]),
  }),
});

/** One kind of image: data, from images/recipes/ or an operator's folder. */
export type Recipe = z.output<typeof recipeSchema>;
export type RecipeFile = Recipe["files"][number];

/** Text of a recipe → recipe; `source` names it in errors. */
export function parseRecipe(source: string, given: string): Recipe {
  if (given.length > textCharsMax) {
    throw invalid(source, `want at most ${textCharsMax} characters, got ${given.length}`);
  }
  const result = recipeSchema.safeParse(readYaml(source, given));
  if (!result.success) {
    const told = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw invalid(source, told.join("; "));
  }
  const trouble = findUnchecked(result.data);
  if (trouble !== undefined) throw invalid(source, trouble);
  return result.data;
}

function readYaml(source: string, given: string): unknown {
  try {
    return parse(given, { maxAliasCount: 0 });
  } catch (error) {
    throw invalid(source, error instanceof Error ? error.message : String(error));
  }
}

// Without a key the index is worth what the connection is worth, and that is nothing by plain HTTP.
function findUnchecked(recipe: Recipe): string | undefined {
  const isPinned = recipe.upstream === "custom" && recipe.files.every((row) => row.sha256);
  if (recipe.upstream === "custom" && !recipe.files.every((row) => row.sha256 ?? row.signature)) {
    return "files: want sha256 or signature for each file of a custom image";
  }
  if (recipe.upstream === "custom" && recipe.version === undefined) return "version: want one";
  if (recipe.files.some((row) => row.signature) && recipe.keys.length === 0) {
    return "keys: want the fingerprint of the key that signs";
  }
  if (recipe.keys.length > 0 || isPinned) return undefined;
  const plain = recipe.mirrors.find((mirror) => !mirror.startsWith("https://"));
  return plain === undefined
    ? undefined
    : `mirrors: want https without a signing key, got ${plain}`;
}

function invalid(source: string, why: string): KindlingError {
  return new KindlingError("image.recipe", `${source}: ${why}`, { source });
}
