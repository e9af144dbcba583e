import type { FileSource } from "../../src/tftp/file-source.ts";
import { seededRandom } from "./lossy-link.ts";

/** Bytes no two blocks of which are alike, the same for the same size. */
export function fileOfSize(size: number): Buffer {
  const random = seededRandom(size);
  return Buffer.from(Uint8Array.from({ length: size }, () => random() * 256));
}

/** Serves `<n>.bin` as a file of n bytes for each of `sizes`. */
export function filesOfSizes(sizes: readonly number[]): FileSource {
  const files = new Map(sizes.map((size) => [`${size}.bin`, fileOfSize(size)]));
  return {
    open(name) {
      const bytes = files.get(name);
      return bytes ? { kind: "file", name, bytes } : { kind: "missing", reason: `no ${name}` };
    },
  };
}
