import { open, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KindlingError } from "../../errors.ts";
import { blockBytes, formatDebugfs } from "./debugfs.ts";
import {
  diskBytes,
  formatTable,
  idOf,
  layOut,
  type Partition,
  placeGrub,
  sectorBytes,
} from "./disk-layout.ts";
import { liveFolder } from "./live-recipe.ts";
import type { Tools } from "./tools.ts";
import type { TreeEntry } from "./tree.ts";

/** What the disk image is made of: files on this host. */
export type DiskParts = {
  readonly kernel: string;
  readonly initrd: string;
  readonly root: readonly TreeEntry[];
};

/** MiB that the root has free before it grows: enough for the first boot's files. */
const rootSlackMib = 64;
const mib = 1024 * 1024;
/** What GRUB needs to find the boot partition, read its menu and load a kernel. */
const GrubModules = [
  ...["biosdisk", "part_gpt", "ext2", "normal", "configfile", "linux"],
  ...["search", "search_label", "test", "echo", "ls"],
];

const UsualWords = /^(?:debugfs[ :]|Allocated inode: |$)/;

/** Makes the raw image of a disk that boots by BIOS and UEFI and applies Ignition once. */
export async function makeDisk(path: string, parts: DiskParts, tools: Tools): Promise<void> {
  const partitions = layOut(await rootMibOf(parts.root));
  const [bios, esp, boot, root] = partitions;
  // proven: layOut gives these four
  if (!bios || !esp || !boot || !root) throw new KindlingError("lab.failed", "no partitions");
  await using file = await open(path, "w");
  await file.truncate(diskBytes(partitions));
  await tools.run("usr/sbin/sfdisk", ["-q", path], { input: formatTable(partitions) });
  await writeGrub(path, bios, tools);
  await makeEsp(path, esp, tools);
  const menu = join(liveFolder, "grub.cfg");
  const stamp = join(liveFolder, "ignition.firstboot");
  await makeExt4(path, boot, tools, [
    { kind: "file", path: "grub.cfg", mode: 0o644, from: menu },
    { kind: "file", path: "ignition.firstboot", mode: 0o644, from: stamp },
    { kind: "file", path: "initrd.img", mode: 0o644, from: parts.initrd },
    { kind: "file", path: "vmlinuz", mode: 0o644, from: parts.kernel },
  ]);
  await makeExt4(path, root, tools, parts.root);
}

async function rootMibOf(entries: readonly TreeEntry[]): Promise<number> {
  let bytes = 0;
  for (const entry of entries) {
    const size = entry.kind === "file" ? (await stat(entry.from)).size : blockBytes;
    bytes += Math.ceil(size / blockBytes) * blockBytes;
  }
  // An eighth more for what ext4 keeps for itself: inodes, bitmaps and the journal.
  return Math.ceil((bytes * 1.125) / mib) + rootSlackMib;
}

async function writeGrub(path: string, bios: Partition, tools: Tools): Promise<void> {
  const parts = join(tools.root, "usr/lib/grub/i386-pc");
  const core = `${path}.core`;
  const early = `${path}.early`;
  await writeFile(early, "search.fs_label boot root\nconfigfile ($root)/grub.cfg\n");
  const words = ["-O", "i386-pc", "-d", parts, "-p", "/grub", "-c", early, "-o", core];
  await tools.run("usr/bin/grub-mkimage", [...words, ...GrubModules]);
  const placed = placeGrub(
    { boot: await readFile(join(parts, "boot.img")), core: await readFile(core) },
    bios,
  );
  await using file = await open(path, "r+");
  await file.write(placed.code, 0, placed.code.length, 0);
  await file.write(placed.core, 0, placed.core.length, bios.start * sectorBytes);
}

// As Debian signs them, so that the image starts under Secure Boot too.
async function makeEsp(path: string, esp: Partition, tools: Tools): Promise<void> {
  const at = String(esp.start);
  const blocks = String((esp.sectors * sectorBytes) / 1024);
  const format = ["--invariant", "-i", "4B696E64", "-n", "ESP", `--offset=${at}`];
  // -F: it would go by the size of the whole disk, and 32 bits are too many for a partition as small.
  await tools.run("usr/sbin/mkfs.fat", [...format, "-F", "16", path, blocks]);
  const image = ["-i", `${path}@@${esp.start * sectorBytes}`];
  await tools.run("usr/bin/mmd", [...image, "::EFI", "::EFI/BOOT", "::EFI/debian"]);
  const redirect = `${path}.esp.cfg`;
  await writeFile(redirect, "search --label boot --set=root\nconfigfile ($root)/grub.cfg\n");
  const usrLib = join(tools.root, "usr/lib");
  const Files = {
    "EFI/BOOT/BOOTX64.EFI": join(usrLib, "shim/shimx64.efi.signed"),
    "EFI/BOOT/grubx64.efi": join(usrLib, "grub/x86_64-efi-signed/grubx64.efi.signed"),
    "EFI/debian/grub.cfg": redirect,
  };
  for (const [to, from] of Object.entries(Files)) {
    await tools.run("usr/bin/mcopy", [...image, from, `::${to}`]);
  }
}

async function makeExt4(
  path: string,
  { name, start, sectors }: Partition,
  tools: Tools,
  entries: readonly TreeEntry[],
): Promise<void> {
  const offset = start * sectorBytes;
  const id = idOf(name);
  const extended = `offset=${offset},hash_seed=${id},lazy_itable_init=0,lazy_journal_init=0,nodiscard`;
  await tools.run("usr/sbin/mke2fs", [
    ...["-q", "-F", "-t", "ext4", "-b", String(blockBytes), "-i", "16384", "-m", "1"],
    ...["-L", name, "-U", id, "-E", extended, path, `${(sectors * sectorBytes) / 1024}k`],
  ]);
  const script = `${path}.${name}.debugfs`;
  await writeFile(script, formatDebugfs(entries));
  const target = `${path}?offset=${offset}`;
  const said = await tools.run("usr/sbin/debugfs", ["-w", "-f", script, target]);
  // It goes on past every error and ends well: what it says besides its echo is a complaint.
  const complaint = said.split("\n").find((line) => !UsualWords.test(line));
  if (complaint) throw new KindlingError("lab.failed", `debugfs on ${name}: ${complaint}`);
  await tools.run("usr/sbin/e2fsck", ["-fn", target]);
}
