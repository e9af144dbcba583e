import { createHash } from "node:crypto";
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { execa } from "execa";
import { KindlingError } from "../errors.ts";
import { formatCpio, labInitramfs } from "./initramfs.ts";

/** The kernel and initial RAM disk that lab machines boot. */
export type GuestFiles = { readonly kernel: string; readonly initrd: string };

/** What the lab tells of its longer steps. */
export type Say = (sentence: string) => void;

/** The kernel's meta package; it depends on the image of the day. */
const kernelPackage = "linux-image-cloud-amd64";
const recipe = join(import.meta.dirname, "../../images/lab-linux");

/** Where downloads are kept, shared by all clones of this user. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  return join(env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache"), "kindling");
}

/** The files of the cache, made on first use from two Debian packages that are unpacked, never installed. */
export async function openGuestFiles(cache: string, say: Say): Promise<GuestFiles> {
  const folder = join(cache, `lab-linux-${await recipeDigest()}`);
  const files = { kernel: join(folder, "vmlinuz"), initrd: join(folder, "initrd.gz") };
  if (await exists(files.initrd)) return files;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, ".new-"));
  try {
    await makeFiles(work, say);
    // Whoever renames first wins; the folder appears whole or not at all.
    await rename(join(work, "done"), folder).catch(async (error: unknown) => {
      if (!(await exists(files.initrd))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return files;
}

async function makeFiles(work: string, say: Say): Promise<void> {
  say("downloading the test machine's kernel and busybox (two Debian packages, 28 MB)");
  const kernelImage = await dependencyOf(kernelPackage);
  for (const name of ["busybox-static", kernelImage]) await unpack(name, work);
  say("packing the test machine's system");
  const tree = join(work, "tree");
  const [release = ""] = await readdir(join(tree, "lib/modules"));
  const archive = formatCpio(
    labInitramfs({
      busybox: await readFile(join(tree, "bin/busybox")),
      init: await readFile(join(recipe, "init")),
      lease: await readFile(join(recipe, "lease")),
      modules: await readModules(join(tree, "lib/modules", release)),
    }),
  );
  const done = join(work, "done");
  await mkdir(done);
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

async function unpack(name: string, work: string): Promise<void> {
  // Sandbox::User: as root, apt would else complain that its own user cannot write here.
  const options = ["-q", "-o", "APT::Sandbox::User=root"];
  const result = await execa("apt-get", [...options, "download", name], {
    cwd: work,
    reject: false,
  });
  if (result.failed) {
    throw new KindlingError(
      "lab.missing-tool",
      `apt-get could not download ${name}: run "apt-get update" as root and see that a mirror is reachable`,
      { package: name, stderr: result.stderr.slice(-1000) },
    );
  }
  const file = (await readdir(work)).find((entry) => entry.startsWith(`${name}_`)) ?? name;
  await execa("dpkg", ["-x", join(work, file), join(work, "tree")]);
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

async function recipeDigest(): Promise<string> {
  const hash = createHash("sha256");
  for (const file of ["init", "lease", "modules.json"]) {
    hash.update(await readFile(join(recipe, file)));
  }
  hash.update(await readFile(join(import.meta.dirname, "initramfs.ts")));
  return hash.digest("hex").slice(0, 12);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
