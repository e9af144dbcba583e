import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Say } from "./guest-files.ts";
import { type CpioEntry, formatCpio } from "./initramfs.ts";
import { openCached, unpackPackages } from "./package-cache.ts";

const recipe = join(import.meta.dirname, "../../images/lab-ignition");
const scripts = ["install", "show", "setfiles"];
const libraries = "lib/x86_64-linux-gnu";

/** Debian package → what is taken of it: Ignition, the programs that it runs, and their libraries. */
const Packages = {
  ignition: ["usr/lib/dracut/modules.d/30ignition/ignition"],
  passwd: ["usr/sbin/useradd", "usr/sbin/usermod", "usr/sbin/groupadd"],
  libc6: [`${libraries}/ld-linux-x86-64.so.2`, `${libraries}/libc.so.6`],
  libaudit1: [`${libraries}/libaudit.so.1`],
  libblkid1: [`usr/${libraries}/libblkid.so.1`],
  "libbz2-1.0": [`${libraries}/libbz2.so.1.0`],
  "libcap-ng0": [`${libraries}/libcap-ng.so.0`],
  "libpcre2-8-0": [`usr/${libraries}/libpcre2-8.so.0`],
  libselinux1: [`${libraries}/libselinux.so.1`],
  libsemanage2: [`usr/${libraries}/libsemanage.so.2`],
  libsepol2: [`${libraries}/libsepol.so.2`],
} as const;

/**
 * A second RAM disk that, over the lab's own, can apply Ignition configurations: the programs `install`
 * and `show` for the kernel argument kindling.run. Made on first use from Debian's packages.
 */
export async function openIgnitionFiles(cache: string, say: Say): Promise<string> {
  const folder = await openCached(cache, {
    name: "lab-ignition",
    sources: [
      ...scripts.map((file) => join(recipe, file)),
      join(import.meta.dirname, "initramfs.ts"),
      import.meta.filename,
    ],
    make: (work, done) => makeFile(work, done, say),
  });
  return join(folder, "initrd.gz");
}

async function makeFile(work: string, done: string, say: Say): Promise<void> {
  const names = Object.keys(Packages);
  say(`downloading Ignition and its libraries (${names.length} Debian packages, 10 MB)`);
  const tree = await unpackPackages(names, work);
  const files = [
    ...scripts.map((script) => join(recipe, script)),
    ...Object.values(Packages).flatMap((paths) => paths.map((path) => join(tree, path))),
  ];
  const entries: CpioEntry[] = ["bin", "lib", "lib64"].map((path) => ({ kind: "folder", path }));
  for (const file of files) {
    entries.push({ kind: "file", path: guestPath(file), data: await readFile(file), mode: 0o755 });
  }
  await writeFile(join(done, "initrd.gz"), await promisify(gzip)(formatCpio(entries)));
}

// The loader's place is written into every program; it looks for libraries in lib by default.
function guestPath(file: string): string {
  const name = basename(file);
  if (name.startsWith("ld-linux")) return `lib64/${name}`;
  return name.includes(".so.") ? `lib/${name}` : `bin/${name}`;
}
