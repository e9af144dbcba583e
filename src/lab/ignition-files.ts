import { execFile } from "node:child_process";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { formatDiskHead } from "./disk-head.ts";
import type { Say } from "./guest-files.ts";
import { type CpioEntry, formatCpio } from "./initramfs.ts";
import { openCached, unpackPackages } from "./package-cache.ts";

const recipe = join(import.meta.dirname, "../../images/lab-ignition");
const scripts = ["install", "disk-init", "system-init", "setfiles"];
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

/** GRUB's programs and parts for BIOS, with the libraries that Debian's base has not. */
const GrubPackages = ["grub-common", "grub-pc-bin", "libdevmapper1.02.1", "liblzma5"] as const;
/** What GRUB needs to load a kernel from a partition. */
const grubModules = ["biosdisk", "part_msdos", "ext2", "linux"];

/** The lab's disks have 64 MB, of which the first belongs to GRUB. */
const partitionSectors = 63 * 2048;

/** What was made of Debian's Ignition. */
export type IgnitionFiles = {
  /**
   * A second RAM disk that, over the lab's own, applies Ignition configurations to the first disk and
   * makes that boot by itself: the program `install` for the kernel argument kindling.run.
   */
  readonly initrd: string;
  /** The program that checks configurations, which runs on this host. */
  readonly validate: string;
};

/** All of it, made on first use from Debian's packages; none is installed. */
export async function openIgnitionFiles(cache: string, say: Say): Promise<IgnitionFiles> {
  const folder = await openCached(cache, {
    name: "lab-ignition",
    sources: [
      ...[...scripts, "grub.cfg"].map((file) => join(recipe, file)),
      ...["initramfs.ts", "disk-head.ts"].map((file) => join(import.meta.dirname, file)),
      import.meta.filename,
    ],
    make: (work, done) => makeFile(work, done, say),
  });
  return { initrd: join(folder, "initrd.gz"), validate: join(folder, "ignition-validate") };
}

async function makeFile(work: string, done: string, say: Say): Promise<void> {
  const names = Object.keys(Packages);
  const count = names.length + GrubPackages.length;
  say(`downloading Ignition, GRUB and their libraries (${count} Debian packages, 15 MB)`);
  const tree = await unpackPackages(names, work);
  await copyFile(join(tree, "usr/bin/ignition-validate"), join(done, "ignition-validate"));
  const files = [
    ...scripts.map((script) => join(recipe, script)),
    ...Object.values(Packages).flatMap((paths) => paths.map((path) => join(tree, path))),
  ];
  const entries: CpioEntry[] = ["bin", "lib", "lib64"].map((path) => ({ kind: "folder", path }));
  for (const file of files) {
    entries.push({ kind: "file", path: guestPath(file), data: await readFile(file), mode: 0o755 });
  }
  const head = await promisify(gzip)(await makeDiskHead(work));
  entries.push({ kind: "file", path: "bin/disk-head.gz", data: head, mode: 0o644 });
  await writeFile(join(done, "initrd.gz"), await promisify(gzip)(formatCpio(entries)));
}

async function makeDiskHead(work: string): Promise<Buffer> {
  // Apart from the machine's libraries: among those is a libc, which this host's programs must not get.
  const own = join(work, "grub");
  await mkdir(own);
  const tree = await unpackPackages(GrubPackages, own);
  const parts = join(tree, "usr/lib/grub/i386-pc");
  const core = join(own, "core.img");
  const words = [
    "-O",
    "i386-pc",
    "-d",
    parts,
    "-p",
    "/",
    "-c",
    join(recipe, "grub.cfg"),
    "-o",
    core,
  ];
  const LD_LIBRARY_PATH = [libraries, `usr/${libraries}`].map((at) => join(tree, at)).join(":");
  await promisify(execFile)(join(tree, "usr/bin/grub-mkimage"), [...words, ...grubModules], {
    env: { LD_LIBRARY_PATH },
  });
  const boot = await readFile(join(parts, "boot.img"));
  return formatDiskHead({ boot, core: await readFile(core) }, partitionSectors);
}

// The loader's place is written into every program; it looks for libraries in lib by default.
function guestPath(file: string): string {
  const name = basename(file);
  if (name.startsWith("ld-linux")) return `lib64/${name}`;
  return name.includes(".so.") ? `lib/${name}` : `bin/${name}`;
}
