import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { constants, createZstdCompress, zstdCompress } from "node:zlib";
import type { Say } from "../guest-files.ts";
import { formatCpio } from "../initramfs.ts";
import { exists, openCached } from "../package-cache.ts";
import { makeDisk } from "./disk.ts";
import {
  type LiveRecipe,
  type LiveVariant,
  liveFolder,
  liveSources,
  readLiveRecipe,
} from "./live-recipe.ts";
import { copyModules, indexModules, kernelRelease } from "./modules.ts";
import { unpackTrees } from "./packages.ts";
import { type Tools, toolsOf } from "./tools.ts";
import { cpioEntries, finishTree, link, readTree } from "./tree.ts";

/** The files of the live image, by their places in the cache. */
export type LiveImage = {
  readonly folder: string;
  readonly kernel: string;
  /** Boots into memory: systemd, Ignition and the root in one. */
  readonly initrd: string;
  /** For a disk: raw, compressed with zstd. */
  readonly disk: string;
  readonly manifest: LiveManifest;
};

export type LiveManifest = {
  /** What the image is called in a library. */
  readonly name: string;
  readonly title: string;
  readonly suite: string;
  readonly kernel: string;
  readonly packages: readonly { readonly name: string; readonly version: string }[];
  /** File → bytes and checksum; of the disk image also those of what is written to a disk. */
  readonly files: Readonly<Record<string, FileFacts>>;
};

export type FileFacts = {
  readonly bytes: number;
  readonly sha256: string;
  readonly raw?: { readonly bytes: number; readonly sha256: string };
};

const files = { kernel: "vmlinuz", initrd: "live.img", disk: "disk.raw.zst" } as const;
const bytesPerSquashBlock = "262144";
const zstdLevel = 12;

/** The live image, made on first use from Debian's packages; none is installed. */
export async function openLiveImage(
  cache: string,
  say: Say,
  variant: LiveVariant = "plain",
): Promise<LiveImage> {
  const folder = await openCached(cache, {
    name: variant === "plain" ? "live-image" : `live-image-${variant}`,
    sources: await liveSources(variant),
    async make(work, done) {
      await makeImage(await readLiveRecipe(variant), { work, done }, say);
    },
  });
  const path = (name: string) => join(folder, name);
  return {
    folder,
    kernel: path(files.kernel),
    initrd: path(files.initrd),
    disk: path(files.disk),
    manifest: JSON.parse(await readFile(path("manifest.json"), "utf8")),
  };
}

async function makeImage(
  recipe: LiveRecipe,
  { work, done }: { readonly work: string; readonly done: string },
  say: Say,
): Promise<void> {
  const { name, title } = recipe;
  say(`downloading the packages of ${name} (some 130, 100 MB); none is installed`);
  const { packages, trees } = await unpackTrees(recipe, work);
  const tools = toolsOf(trees.tools);
  say(`making the root and the RAM disk of ${name}`);
  const release = await finishRoot(trees.root, recipe, tools);
  const kernel = join(done, files.kernel);
  await copyFile(join(trees.root, "boot", `vmlinuz-${release}`), kernel);
  await rm(join(trees.root, "boot"), { recursive: true });
  await mkdir(join(trees.root, "boot"));
  await copyModules({ from: trees.root, to: trees.initrd }, recipe.modules, tools);
  const initrd = await packInitrd(trees.initrd, join(work, "initrd.img"), recipe, tools);
  await packLive(trees.root, { initrd, live: join(done, files.initrd) }, tools);
  say(`making the disk image of ${name}`);
  const raw = join(work, "disk.raw");
  await cp(join(liveFolder, "disk"), trees.root, { recursive: true });
  await makeDisk(raw, { kernel, initrd, root: await readTree(trees.root) }, tools);
  await compress(raw, join(done, files.disk));
  const manifest: LiveManifest = {
    ...{ name, title, suite: recipe.suite, kernel: release, packages },
    files: {
      [files.kernel]: await factsOf(kernel),
      [files.initrd]: await factsOf(join(done, files.initrd)),
      [files.disk]: { ...(await factsOf(join(done, files.disk))), raw: await factsOf(raw) },
    },
  };
  await writeFile(join(done, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

async function finishRoot(tree: string, recipe: LiveRecipe, tools: Tools): Promise<string> {
  const { root } = recipe.trees;
  const pruned = [...recipe.pruned, ...root.pruned];
  await finishTree(tree, { ...root, pruned, overlay: "root" }, tools);
  await indexModules(tree, tools);
  return await kernelRelease(tree);
}

async function packInitrd(
  tree: string,
  path: string,
  recipe: LiveRecipe,
  tools: Tools,
): Promise<string> {
  const { initrd } = recipe.trees;
  const pruned = [...recipe.pruned, ...initrd.pruned];
  await finishTree(tree, { ...initrd, pruned, overlay: "initrd" }, tools);
  await linkApplets(tree);
  await writeFile(path, await zstd(formatCpio(await cpioEntries(tree))));
  return path;
}

// What the initrd's scripts call and no package of it has. The program is static and runs on this host.
async function linkApplets(tree: string): Promise<void> {
  const busybox = join(tree, "usr/bin/busybox");
  const { stdout } = await promisify(execFile)(busybox, ["--list-full"]);
  for (const path of stdout.trim().split("\n").toSorted()) {
    if (!(await exists(join(tree, path)))) await link(tree, path, "/usr/bin/busybox");
  }
}

// The kernel unpacks archives one after the other: the first compressed, the second as it is, since the
// squashfs in it is compressed already.
async function packLive(
  root: string,
  { initrd, live }: { readonly initrd: string; readonly live: string },
  tools: Tools,
): Promise<void> {
  const squashfs = `${root}.squashfs`;
  const packing = [
    "-comp",
    "zstd",
    "-Xcompression-level",
    String(zstdLevel),
    "-b",
    bytesPerSquashBlock,
  ];
  const quiet = ["-no-progress", "-quiet", "-noappend", "-all-root", "-no-xattrs"];
  await tools.run("usr/bin/mksquashfs", [root, squashfs, ...packing, ...quiet]);
  const data = await readFile(squashfs);
  const second = formatCpio([{ kind: "file", path: "root.squashfs", mode: 0o644, data }]);
  const first = await readFile(initrd);
  await writeFile(live, Buffer.concat([first, Buffer.alloc(-first.length & 3), second]));
}

async function zstd(data: Uint8Array): Promise<Buffer> {
  const params = { [constants.ZSTD_c_compressionLevel]: zstdLevel };
  return await promisify(zstdCompress)(data, { params });
}

async function compress(from: string, to: string): Promise<void> {
  const params = { [constants.ZSTD_c_compressionLevel]: zstdLevel };
  await pipeline(createReadStream(from), createZstdCompress({ params }), createWriteStream(to));
}

async function factsOf(path: string): Promise<FileFacts> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}
