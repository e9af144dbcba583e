import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { execa } from "execa";
import { KindlingError } from "../errors.ts";
import { formatCpio, labInitramfs } from "./initramfs.ts";
import { exists, openCached, unpackPackages } from "./package-cache.ts";

/** The kernel and initial RAM disk that lab machines boot. */
export type GuestFiles = { readonly kernel: string; readonly initrd: string };

/** What the lab tells of its longer steps. */
export type Say = (sentence: string) => void;

/** The kernel's meta package; it depends on the image of the day. */
const kernelPackage = "linux-image-cloud-amd64";
const recipe = join(import.meta.dirname, "../../images/lab-linux");

/** The files of the cache, made on first use from two Debian packages that are unpacked, never installed. */
export async function openGuestFiles(cache: string, say: Say): Promise<GuestFiles> {
  const folder = await openCached(cache, {
    name: "lab-linux",
    sources: [
      ...["init", "lease", "modules.json"].map((file) => join(recipe, file)),
      join(import.meta.dirname, "initramfs.ts"),
    ],
    make: (work, done) => makeFiles(work, done, say),
  });
  return { kernel: join(folder, "vmlinuz"), initrd: join(folder, "initrd.gz") };
}

async function makeFiles(work: string, done: string, say: Say): Promise<void> {
  say("downloading the test machine's kernel and busybox (two Debian packages, 28 MB)");
  const kernelImage = await dependencyOf(kernelPackage);
  const tree = await unpackPackages(["busybox-static", kernelImage], work);
  say("packing the test machine's system");
  await packGuest(tree, done);
}

/** Packs kernel and RAM disk out of a tree of unpacked packages, of whatever architecture. */
export async function packGuest(tree: string, done: string): Promise<void> {
  const [release = ""] = await readdir(join(tree, "lib/modules"));
  const archive = formatCpio(
    labInitramfs({
      busybox: await readFile(join(tree, "bin/busybox")),
      init: await readFile(join(recipe, "init")),
      lease: await readFile(join(recipe, "lease")),
      modules: await readModules(join(tree, "lib/modules", release)),
    }),
  );
  await writeFile(join(done, "vmlinuz"), await readFile(join(tree, "boot", `vmlinuz-${release}`)));
  await writeFile(join(done, "initrd.gz"), await promisify(gzip)(archive));
}

// A module that this kernel has built in has no file; a newer kernel compresses its files.
async function readModules(folder: string): Promise<{ file: string; data: Uint8Array }[]> {
  const listed: unknown = JSON.parse(await readFile(join(recipe, "modules.json"), "utf8"));
  if (!Array.isArray(listed)) throw new KindlingError("lab.failed", "modules.json is no list");
  const modules: { file: string; data: Uint8Array }[] = [];
  for (const path of listed.map(String)) {
    for (const file of [`${path}.ko`, `${path}.ko.xz`]) {
      const whole = join(folder, file);
      if (await exists(whole)) {
        modules.push({ file: basename(file), data: await readFile(whole) });
      }
    }
  }
  return modules;
}

async function dependencyOf(name: string): Promise<string> {
  const options = { env: { LC_ALL: "C" }, reject: false } as const;
  const { stdout } = await execa("apt-cache", ["depends", name], options);
  const found = /^\s*Depends: (linux-image-\S+)$/m.exec(stdout)?.[1];
  if (found === undefined) {
    throw new KindlingError(
      "lab.missing-tool",
      `apt knows no package ${name}: run "apt-get update" as root on Debian for x86_64`,
      { package: name },
    );
  }
  return found;
}
