import type { LiveManifest } from "./live-image.ts";

/**
 * The recipe by which `kindling image pull` takes the image from a place of one's own: every file is
 * pinned by its checksum, so plain HTTP will do. JSON, which is YAML too.
 */
export function formatLiveRecipe(manifest: LiveManifest, mirror: string): string {
  const { name, title, files, suite } = manifest;
  const pinned = (role: string, file: string) => {
    return { role, from: file, file, sha256: files[file]?.sha256 ?? "" };
  };
  const live = files["live.img"]?.sha256 ?? "";
  const required = ["initrd=main", "ignition.firstboot", "ignition.platform.id=metal"];
  const recipe = {
    ...{ name, title },
    upstream: "custom",
    version: `${suite}-${live.slice(0, 12)}`,
    mirrors: [mirror],
    channels: ["local"],
    architectures: { x86_64: "amd64" },
    files: [
      pinned("kernel", "vmlinuz"),
      pinned("initrd", "live.img"),
      { ...pinned("disk", "disk.raw.zst"), optional: true },
    ],
    boot: {
      args: [
        ...required,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: iPXE's own variables
        "ignition.config.url={origin}/ignition?uuid=${uuid}&mac=${mac:hexhyp}",
        ...["console=tty0", "console=ttyS0"],
      ],
      required,
      ramMib: 1024,
      secureBoot: "signed",
    },
  };
  return `${JSON.stringify(recipe, null, 2)}\n`;
}
