import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import type { ButaneOptions } from "../../src/render/butane/translate.ts";
import type { TreeEntry } from "../../src/render/butane/tree.ts";

const folder = join(import.meta.dirname, "../render/butane/local");

/** The folder of local files beside the cases, the way a shell would hand it in. */
export const localOptions: ButaneOptions = {
  files: (path) => found(() => readFileSync(join(folder, path))),
  tree: (path) => found(() => entriesBelow(join(folder, path), "")),
  gzip: (bytes) => gzipSync(bytes, { level: 9 }),
};

/** A configuration with packed contents shown as text: deflate differs between implementations. */
export function unpackedIgnition(ignition: string): string {
  return ignition.replaceAll(/H4sI[A-Za-z0-9+/]+=*/g, (base64) => {
    return gunzipSync(Buffer.from(base64, "base64")).toString("base64");
  });
}

function entriesBelow(root: string, below: string): readonly TreeEntry[] {
  return readdirSync(join(root, below)).flatMap((name): readonly TreeEntry[] => {
    const path = join(below, name);
    const stats = lstatSync(join(root, path));
    if (stats.isDirectory()) return entriesBelow(root, path);
    if (stats.isSymbolicLink()) {
      return [{ kind: "link", path, target: readlinkSync(join(root, path)) }];
    }
    const bytes = readFileSync(join(root, path));
    return [{ kind: "file", path, bytes, executable: (stats.mode & 0o111) !== 0 }];
  });
}

function found<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (["ENOENT", "EISDIR", "ENOTDIR"].includes(code)) return undefined;
    throw error;
  }
}
