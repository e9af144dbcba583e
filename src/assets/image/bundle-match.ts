import type { BundleImage } from "./bundle.ts";
import { imagePath } from "./image.ts";
import {
  formatManifest,
  type ImageManifest,
  manifestFile,
  manifestId,
  proofFolder,
} from "./manifest.ts";

/**
 * Why the files of an image in a bundle are not those of its manifest; undefined: they are, and none is
 * besides. `text` is the manifest as it stands in the bundle: it is written anew where it arrives, and
 * shall be the same there to the byte.
 */
export function findMismatch(
  image: BundleImage,
  manifest: ImageManifest,
  text: string,
): string | undefined {
  const own = imagePath(manifestId(manifest));
  if (own !== imagePath(image)) return `${manifestFile} is of ${own}`;
  if (text !== formatManifest(manifest)) {
    return `${manifestFile} is not as Kindling writes it: the next pull writes it anew`;
  }
  const papers = manifest.documents.map((row) => ({ ...row, file: proofPath(row.file) }));
  const rows = new Map(image.files.map((row) => [row.file, row]));
  for (const { file, bytes, sha256 } of [...manifest.files, ...papers]) {
    const row = rows.get(file);
    if (row === undefined) return `${file} is missing`;
    if (row.bytes !== bytes || row.sha256 !== sha256) {
      return `${file}: the manifest wants ${bytes} bytes and SHA-256 ${sha256}, got ${row.bytes} and ${row.sha256}`;
    }
  }
  const lost = signatureFiles(manifest).find((file) => !rows.has(file));
  if (lost !== undefined) return `${lost} is missing`;
  const listed = new Set([manifestFile, ...manifest.files.map(({ file }) => file)]);
  const more = image.files.find(({ file }) => !listed.has(file) && !isProofFile(file));
  return more === undefined ? undefined : `${more.file} is not in its manifest`;
}

/** Where a document or signature of a manifest lies in the image's folder. */
export function proofPath(file: string): string {
  return `${proofFolder}/${file}`;
}

function isProofFile(file: string): boolean {
  return file.startsWith(`${proofFolder}/`);
}

function signatureFiles({ files, documents }: ImageManifest): readonly string[] {
  return [...files, ...documents].flatMap(({ vouchers }) =>
    vouchers.flatMap((one) => (one.kind === "signature" ? [proofPath(one.file)] : [])),
  );
}
