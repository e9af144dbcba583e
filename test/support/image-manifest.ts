import type { ImageId } from "../../src/assets/image/image.ts";
import type { ImageManifest } from "../../src/assets/image/manifest.ts";

const at = "2026-11-30T07:22:04.000Z";

/** The manifest of an image with one file, `vmlinuz`. */
export function manifestOf(image: ImageId, title = "Fedora CoreOS"): ImageManifest {
  const origin = { url: "https://a.example/vmlinuz", fetchedAt: at };
  return {
    ...{ format: 1, ...image, channel: "stable", title, pulledAt: at, tree: "https://a.example" },
    boot: { args: [], required: [], ramMib: 1, secureBoot: "signed" },
    files: [
      {
        ...({ role: "kernel", file: "vmlinuz", bytes: 1, sha256: "a".repeat(64) } as const),
        ...origin,
        vouchers: [{ kind: "recipe" }],
      },
    ],
    documents: [],
  };
}
