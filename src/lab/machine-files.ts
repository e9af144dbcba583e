import { copyFile, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { MachineFirmware } from "./firmware.ts";
import { type GuestFiles, packGuest, type Say } from "./guest-files.ts";
import { openCached, unpackPackages } from "./package-cache.ts";
import { unpackSuitePackages } from "./suite-packages.ts";

/** Debian's signed chain, as a folder of loaders under the names that Kindling gives them. */
export async function openSignedLoaders(cache: string, say: Say): Promise<string> {
  return openCached(cache, {
    name: "lab-signed",
    sources: [import.meta.filename],
    async make(work, done) {
      say("downloading shim and GRUB as Debian signs them (two packages)");
      const tree = await unpackPackages(["shim-signed", "grub-efi-amd64-signed"], work);
      const grub = "usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed";
      await copyFile(join(tree, "usr/lib/shim/shimx64.efi.signed"), join(done, "shimx64.efi"));
      await copyFile(join(tree, grub), join(done, "grubx64.efi"));
    },
  });
}

/** iPXE of another Debian suite: the loaders, and the ROM of a BIOS machine's card. */
export async function openSuiteIpxe(
  cache: string,
  suite: "trixie" | "sid",
  say: Say,
): Promise<{ readonly loaders: string; readonly rom: string }> {
  const folder = await openCached(cache, {
    name: `lab-ipxe-${suite}`,
    sources: [import.meta.filename],
    async make(work, done) {
      say(`downloading iPXE as in Debian's ${suite} (two packages)`);
      const tree = await unpackSuitePackages({ suite, names: ["ipxe", "ipxe-qemu"] }, work);
      const loaders = join(tree, "usr/lib/ipxe");
      for (const name of await readdir(loaders)) {
        if (/\.(efi|kpxe)$/.test(name)) await copyFile(join(loaders, name), join(done, name));
      }
      await copyFile(join(tree, "usr/share/qemu/pxe-virtio.rom"), join(done, "pxe-virtio.rom"));
    },
  });
  return { loaders: folder, rom: join(folder, "pxe-virtio.rom") };
}

/** Debian's installer for the network, kernel and RAM disk, as bookworm packs it. */
export async function openDebianInstaller(cache: string, say: Say): Promise<GuestFiles> {
  const folder = await openCached(cache, {
    name: "lab-debian-installer",
    sources: [import.meta.filename],
    async make(work, done) {
      say("downloading Debian's installer (a package of 40 MB)");
      const names = ["debian-installer-12-netboot-amd64"];
      const tree = await unpackSuitePackages({ suite: "bookworm", names }, work);
      const images = join(tree, "usr/lib/debian-installer/images/12/amd64/text");
      for (const name of ["linux", "initrd.gz"]) {
        await copyFile(join(images, "debian-installer/amd64", name), join(done, name));
      }
    },
  });
  return { kernel: join(folder, "linux"), initrd: join(folder, "initrd.gz") };
}

/** An arm64 machine: edk2 for it, and the lab's system with a kernel and a busybox of arm64. */
export async function openArm64(
  cache: string,
  say: Say,
): Promise<{ readonly firmware: MachineFirmware; readonly guest: GuestFiles }> {
  const folder = await openCached(cache, {
    name: "lab-arm64",
    sources: [import.meta.filename, join(import.meta.dirname, "guest-files.ts")],
    async make(work, done) {
      say("downloading firmware, kernel and busybox of arm64 (three packages, 60 MB)");
      const wish = {
        architecture: "arm64",
        names: ["busybox-static", "qemu-efi-aarch64"],
        dependency: {
          of: "linux-image-cloud-arm64",
          pattern: /^\s*Depends: (linux-image-\S+)$/m,
        },
      } as const;
      const tree = await unpackSuitePackages(wish, work);
      for (const name of ["AAVMF_CODE.fd", "AAVMF_VARS.fd"]) {
        await copyFile(join(tree, "usr/share/AAVMF", name), join(done, name));
      }
      await packGuest(tree, done);
    },
  });
  return {
    firmware: {
      kind: "uefi",
      cpu: "arm64",
      code: join(folder, "AAVMF_CODE.fd"),
      vars: join(folder, "AAVMF_VARS.fd"),
    },
    guest: { kernel: join(folder, "vmlinuz"), initrd: join(folder, "initrd.gz") },
  };
}

/** The loaders of a folder, as files of a room: name → bytes. */
export async function readLoaders(folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const name of await readdir(folder)) files.set(name, await readFile(join(folder, name)));
  return files;
}
