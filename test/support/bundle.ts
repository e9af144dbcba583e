import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { constants, zstdCompressSync } from "node:zlib";
import {
  type Bundle,
  bundleFile,
  bundleMembers,
  formatBundle,
  memberPath,
} from "../../src/assets/image/bundle.ts";
import { formatBundleSeal } from "../../src/assets/image/bundle-seal.ts";
import { formatTarEnd, formatTarHeader, tarPadding } from "../../src/assets/image/tar-write.ts";

export const sha256Of = (bytes: Uint8Array | string): string => {
  return createHash("sha256").update(bytes).digest("hex");
};

/** A file of an archive; with a `type` of tar's it is something else. */
export type Packed = { readonly path: string; readonly body: string; readonly type?: string };

/** Files by path below the images → a bundle that lists them, and its members in order. */
export function bundleOf(files: Readonly<Record<string, string>>): {
  readonly bundle: Bundle;
  readonly packed: readonly Packed[];
} {
  const byImage = Object.groupBy(Object.entries(files), ([path]) => {
    return path.split("/").slice(0, 3).join("/");
  });
  const images = Object.entries(byImage).map(([image, rows = []]) => {
    const [name = "", version = "", arch = ""] = image.split("/");
    const listed = rows.map(([path, body]) => ({
      file: path.slice(image.length + 1),
      bytes: Buffer.byteLength(body),
      sha256: sha256Of(body),
    }));
    if (arch !== "x86_64" && arch !== "arm64") throw new Error(`no architecture: ${arch}`);
    return { name, version, arch, files: listed } as const;
  });
  const bundle: Bundle = { format: "kindling-bundle", version: 1, images: [...images] };
  const members = bundleMembers(bundle).map((member) => {
    const path = memberPath(member);
    return { path, body: files[path] ?? "" };
  });
  return { bundle, packed: [{ path: bundleFile, body: formatBundle(bundle) }, ...members] };
}

export function tarOf(files: readonly Packed[]): Buffer {
  const blocks = files.flatMap(({ path, body, type }) => {
    const bytes = Buffer.from(body);
    const header = Buffer.from(formatTarHeader({ path, size: bytes.length }));
    return [type === undefined ? header : retyped(header, type), bytes, padding(bytes.length)];
  });
  return Buffer.concat([...blocks, formatTarEnd()]);
}

function padding(size: number): Buffer {
  return Buffer.alloc(tarPadding(size));
}

/** Another type of entry, and a sum that is right for it. */
function retyped(header: Buffer, type: string): Buffer {
  header.write(type, 156, "latin1");
  header.write("/etc/passwd", 157, "latin1");
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, octet) => total + octet, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

/** An archive, compressed and with its seal. */
export function sealed(archive: Uint8Array): Buffer {
  const compressed = zstdCompressSync(archive, {
    params: { [constants.ZSTD_c_checksumFlag]: 1 },
  });
  return Buffer.concat([compressed, sealOf(compressed)]);
}

export function sealOf(bytes: Uint8Array): Uint8Array {
  return formatBundleSeal(createHash("sha256").update(bytes).digest());
}

export function writeFiles(
  root: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): void {
  for (const [path, body] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), body);
  }
}
