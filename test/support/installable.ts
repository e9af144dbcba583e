import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ImageId, imagePath } from "../../src/assets/image/image.ts";
import { formatManifest, type ImageManifest } from "../../src/assets/image/manifest.ts";

/** The image that `putInstallable` writes, where no other is named. */
export const installable: ImageId = { name: "kindling-live", version: "1", arch: "x86_64" };

const sha = (letter: string) => letter.repeat(64);
const at = "2026-11-30T08:00:00.000Z";

/** An image of a library as `kindling image import` leaves it, but for what is in its files. */
export function putInstallable(assets: string, id: ImageId = installable): ImageManifest {
  const folder = join(assets, "images", imagePath(id));
  mkdirSync(folder, { recursive: true });
  const files = [
    { role: "kernel", file: "vmlinuz", sha256: sha("a") },
    { role: "initrd", file: "live.img", sha256: sha("b") },
    { role: "disk", file: "disk.raw.zst", sha256: sha("c"), rawSha256: sha("d") },
  ] as const;
  for (const { file } of files) writeFileSync(join(folder, file), file);
  const manifest: ImageManifest = {
    ...{ format: 1, ...id, channel: "stable", title: "Debian with Ignition", pulledAt: at },
    tree: "https://files.example/",
    boot: { args: ["initrd=main"], required: [], ramMib: 512, secureBoot: "unsigned" },
    files: files.map((file) => ({
      ...{ ...file, bytes: file.file.length, url: `file:${file.file}`, fetchedAt: at },
      vouchers: [{ kind: "operator" }],
    })),
    documents: [],
  };
  writeFileSync(join(folder, "manifest.json"), formatManifest(manifest));
  return manifest;
}
