import { z } from "zod";
import { KindlingError } from "../../errors.ts";
import { ImageArchitectures, type ImageId, ImageRoles } from "./image.ts";
import { isImageFile, isImageName } from "./names.ts";

/** The file beside an image's files that tells where they are from and what vouched for them. */
export const manifestFile = "manifest.json";

/**
 * The folder beside them with what the checks were made of: indexes, signatures, public keys. With it an
 * image is verified again without its upstream, on another host too.
 */
export const proofFolder = "proof";

/** A manifest lies where an operator may have edited it, or came from another site. */
const textCharsMax = 1 << 20;

const name = z.string().refine(isImageName, "want letters, digits and . _ + ~ - only");
const file = z.string().refine(isImageFile, "want a relative path of plain names");
const text = z.string().min(1).max(4096);
const time = z.iso.datetime({ precision: 3 });
const bytes = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "want 64 hexadecimal digits in lower case");
const fingerprint = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, "want a whole fingerprint");

/** What vouched for bytes; every one of them held when the image was pulled. */
const voucher = z.discriminatedUnion("kind", [
  /** The recipe itself has the checksum. */
  z.strictObject({ kind: z.literal("recipe") }),
  /** A document of this manifest has the checksum. */
  z.strictObject({ kind: z.literal("document"), document: text }),
  /** A signature by a pinned key; `file` is below the folder of proofs. */
  z.strictObject({
    kind: z.literal("signature"),
    file,
    owner: text,
    primary: fingerprint,
    signing: fingerprint,
    madeAt: time,
  }),
  /** The operator who brought it by hand, and gave its checksum. */
  z.strictObject({ kind: z.literal("operator") }),
  /** Nothing but the connection to this host. */
  z.strictObject({ kind: z.literal("https"), host: text }),
]);

const source = { url: text, mirror: text.exactOptional(), fetchedAt: time };

const manifestSchema = z.strictObject({
  format: z.literal(1),
  name,
  version: name,
  arch: z.enum(ImageArchitectures),
  channel: name,
  title: text,
  pulledAt: time,
  /** Where the upstream's tree is, for installers that fetch packages from it. */
  tree: text,
  boot: z.strictObject({
    args: z.array(text).max(64),
    required: z.array(text).max(32),
    ramMib: z.int().min(1),
    secureBoot: z.enum(["signed", "unsigned"]),
  }),
  files: z
    .array(
      z.strictObject({
        role: z.enum(ImageRoles),
        file,
        bytes,
        sha256,
        ...source,
        /** Of a packed disk image: of what it holds. A machine checks by it what it wrote. */
        rawSha256: sha256.exactOptional(),
        /** Of a file that was taken out of an archive: what it is called there; the vouchers are the archive's. */
        member: text.exactOptional(),
        archiveSha256: sha256.exactOptional(),
        vouchers: z.array(voucher).min(1).max(8),
      }),
    )
    .min(1)
    .max(32),
  /** Indexes that the files were found by; `file` is below the folder of proofs. */
  documents: z
    .array(
      z.strictObject({
        name: text,
        file,
        bytes,
        sha256,
        ...source,
        vouchers: z.array(voucher).min(1).max(8),
      }),
    )
    .max(16),
});

/** What an image is, where each of its bytes came from and who vouched for them. */
export type ImageManifest = z.output<typeof manifestSchema>;
export type ManifestFile = ImageManifest["files"][number];
export type ManifestDocument = ImageManifest["documents"][number];
export type Voucher = z.output<typeof voucher>;

/** Text of a manifest → manifest; `origin` names it in errors. */
export function parseManifest(origin: string, given: string): ImageManifest {
  if (given.length > textCharsMax) {
    throw invalid(origin, `want at most ${textCharsMax} characters, got ${given.length}`);
  }
  const result = manifestSchema.safeParse(readJson(origin, given));
  if (!result.success) {
    const told = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw invalid(origin, told.join("; "));
  }
  const trouble = findContradiction(result.data);
  if (trouble !== undefined) throw invalid(origin, trouble);
  return result.data;
}

/** For people too: indented, with a newline at its end. */
export function formatManifest(manifest: ImageManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

export function manifestId({ name, version, arch }: ImageManifest): ImageId {
  return { name, version, arch };
}

/** What the image's files have together. */
export function bytesOf({ files }: Pick<ImageManifest, "files">): number {
  return files.reduce((sum, { bytes: count }) => sum + count, 0);
}

/** May a file of an image have this place in its folder? Two places are taken by the manifest and its proofs. */
export function isFreePlace(file: string): boolean {
  return file !== manifestFile && file !== proofFolder && !file.startsWith(`${proofFolder}/`);
}

function findContradiction({ files, documents }: ImageManifest): string | undefined {
  const taken = files.find(({ file }) => !isFreePlace(file));
  if (taken !== undefined) return `files: ${taken.file} is the place of the manifest's own`;
  const twice = findTwice(files.map(({ file }) => file)) ?? findTwice(documents.map((d) => d.file));
  if (twice !== undefined) return `${twice} is named twice`;
  const known = new Set(documents.map(({ name }) => name));
  const vouchers = [...files, ...documents].flatMap((row) => row.vouchers);
  const lost = vouchers.find((row) => row.kind === "document" && !known.has(row.document));
  return lost?.kind === "document" ? `a voucher names the document ${lost.document}` : undefined;
}

function findTwice(names: readonly string[]): string | undefined {
  return names.find((one, at) => names.indexOf(one) < at);
}

function readJson(origin: string, given: string): unknown {
  try {
    return JSON.parse(given);
  } catch (error) {
    throw invalid(origin, error instanceof Error ? error.message : String(error));
  }
}

function invalid(origin: string, why: string): KindlingError {
  return new KindlingError("image.broken", `${origin}: ${why}`, { origin });
}
