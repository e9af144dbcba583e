import { createHash } from "node:crypto";
import {
  closeSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openIso } from "../../src/assets/image/iso-file.ts";
import { hasProgram, makeIso } from "../support/iso.ts";

const missing = hasProgram("xorriso") ? "" : " (skipped: there is no xorriso here)";
const size = 4 * 1024 ** 3 + 123_456;

/** Zeros but for its first and last bytes, and those on both sides of 4 GiB. */
function writeLarge(path: string): void {
  const file = openSync(path, "w");
  for (const at of [0, 2 ** 32 - 2048, 2 ** 32, size - 4]) writeSync(file, "mark", at);
  closeSync(file);
  truncateSync(path, size);
}

async function hash(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const sum = createHash("sha256");
  for await (const chunk of chunks) sum.update(chunk);
  return sum.digest("hex");
}

// genisoimage writes what is over 4 GiB of a file's size into UDF alone, which nothing here reads.
it.skipIf(missing !== "")(
  `reads a file of more than 4 GiB out of an ISO${missing}`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "kindling-iso-"));
    try {
      const [tree, image] = [join(folder, "tree"), join(folder, "large.iso")];
      mkdirSync(tree);
      writeLarge(join(tree, "large.img"));
      makeIso("xorriso -as mkisofs -quiet -R -iso-level 3", ["-o", image, tree]);
      const want = await hash(createReadStream(join(tree, "large.img")));
      await using iso = await openIso(image);
      const [file] = iso.listing.files;
      expect(file).toMatchObject({ path: "large.img", size });
      expect(file?.extents.length).toBeGreaterThan(1);
      if (file !== undefined) expect(await hash(iso.read(file))).toBe(want);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  600_000,
);
