/** Makes the live image of Debian with Ignition: `node scripts/live-image.ts --help`. */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { KindlingError } from "../src/errors.ts";
import { formatLiveRecipe } from "../src/lab/live/image-recipe.ts";
import { openLiveImage } from "../src/lab/live/live-image.ts";
import { cacheFolder } from "../src/lab/package-cache.ts";

const usage = `usage: node scripts/live-image.ts [--kubernetes] [--out FOLDER [--mirror URL]]

Makes a Debian with systemd and Ignition from Debian's packages, none of which is installed: kernel and
RAM disk to boot over the network, and an image for disks. It is kept in the cache and made anew when
images/live changes. See docs/live-image.md.

  --kubernetes   the image with containerd and iptables on top, for machines of a cluster
  --out FOLDER   copies the files there, with SHA256SUMS and a recipe for "kindling image pull"
  --mirror URL   where the recipe says that FOLDER is served (http://mirror.example/live)
  --help         this text`;

try {
  process.exitCode = await main();
} catch (error) {
  const isOurs = error instanceof KindlingError || (error instanceof Error && "code" in error);
  if (!isOurs) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function main(): Promise<number> {
  const options = {
    help: { type: "boolean" },
    kubernetes: { type: "boolean" },
    out: { type: "string" },
    mirror: { type: "string", default: "http://mirror.example/live" },
  } as const;
  const { help, kubernetes, out, mirror } = parseArgs({ options }).values;
  if (help) {
    console.log(usage);
    return 0;
  }
  const start = performance.now();
  const say = (sentence: string) => {
    const seconds = Math.round((performance.now() - start) / 1000);
    console.log(`${String(seconds).padStart(4)} s  ${sentence}`);
  };
  const { folder, manifest } = await openLiveImage(
    cacheFolder(process.env),
    say,
    kubernetes ? "kubernetes" : "plain",
  );
  const names = Object.keys(manifest.files);
  for (const [name, { bytes, sha256 }] of Object.entries(manifest.files)) {
    console.log(`${name}  ${(bytes / 1_000_000).toFixed(1)} MB  sha256 ${sha256}`);
  }
  if (out === undefined) return 0;
  await mkdir(out, { recursive: true });
  for (const name of [...names, "manifest.json"])
    await copyFile(join(folder, name), join(out, name));
  const sums = names.map((name) => `${manifest.files[name]?.sha256}  ${name}\n`);
  await writeFile(join(out, "SHA256SUMS"), sums.join(""));
  await writeFile(join(out, "recipe.yaml"), formatLiveRecipe(manifest, mirror));
  console.log(`copied to ${out}, with SHA256SUMS and recipe.yaml`);
  return 0;
}
