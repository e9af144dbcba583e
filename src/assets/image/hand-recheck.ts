import { createReadStream } from "node:fs";
import { join } from "node:path";
import { systemErrorCode } from "../../runtime/system-error.ts";
import { proofPath } from "./bundle-match.ts";
import type { StoredImage } from "./image-library.ts";
import type { ImageManifest } from "./manifest.ts";
import type { FileState } from "./recheck.ts";
import { Digests } from "./verify.ts";

type Row = Pick<ImageManifest["files"][number], "file" | "bytes" | "sha256" | "vouchers">;

/** Was it brought by an operator? Then no index of an upstream lies beside it. */
export function isByHand({ files }: ImageManifest): boolean {
  return files.every(({ url }) => url.startsWith("file:"));
}

/** Hashes an image that was brought by hand again: its manifest alone tells what vouched for it. */
export async function recheckByHand({
  folder,
  manifest,
}: Pick<StoredImage, "folder" | "manifest">): Promise<readonly FileState[]> {
  const papers = manifest.documents.map((row) => ({ ...row, file: proofPath(row.file) }));
  const states: FileState[] = [];
  for (const row of [...papers, ...manifest.files]) states.push(await recheck(folder, row));
  return states;
}

async function recheck(folder: string, { file, sha256, vouchers }: Row): Promise<FileState> {
  const digests = new Digests([]);
  try {
    // proven: no encoding is set, so a chunk is a Buffer
    const chunks: AsyncIterable<Buffer> = createReadStream(join(folder, file), {
      highWaterMark: 1 << 20,
    });
    for await (const chunk of chunks) digests.update(chunk);
  } catch (error) {
    return { kind: "bad", file, reason: `cannot be read: ${systemErrorCode(error)}` };
  }
  if (digests.sha256 === sha256) return { kind: "good", file, vouchers };
  const reason = `has SHA-256 ${digests.sha256}, want ${sha256} of the manifest`;
  return { kind: "bad", file, reason };
}
