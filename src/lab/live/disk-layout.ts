import { KindlingError } from "../../errors.ts";

/** One partition of the disk image, in sectors. */
export type Partition = {
  readonly name: "bios" | "esp" | "boot" | "root";
  readonly start: number;
  readonly sectors: number;
};

export const sectorBytes = 512;
const sectorsPerMib = 2048;

// The types of the partitions; the root's is that by which systemd-repart lets it grow.
const Types = {
  bios: "21686148-6449-6E6F-744E-656564454649",
  esp: "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
  boot: "0FC63DAF-8483-4772-8E79-3D69D8477DE4",
  root: "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709",
} as const;

/**
 * The partitions of an image with a root of this many MiB. The root is the last, so that it can grow:
 *
 *     0     1 MiB   2 MiB            18 MiB           98 MiB
 *     | GPT | bios  | esp: shim,GRUB | boot: kernel …  | root …      | GPT |
 */
export function layOut(rootMib: number): readonly Partition[] {
  const sizes = { bios: 1, esp: 16, boot: 80, root: rootMib } as const;
  let start = sectorsPerMib;
  // proven: the keys of the object above, in its order
  return (Object.keys(sizes) as (keyof typeof sizes)[]).map((name) => {
    const partition = { name, start, sectors: sizes[name] * sectorsPerMib };
    start += partition.sectors;
    return partition;
  });
}

/** Bytes of the whole image: a last MiB is left for the second copy of the table. */
export function diskBytes(partitions: readonly Partition[]): number {
  const end = Math.max(...partitions.map(({ start, sectors }) => start + sectors));
  return (end + sectorsPerMib) * sectorBytes;
}

/** The table as sfdisk reads it. Identifiers are fixed: the same packages make the same image. */
export function formatTable(partitions: readonly Partition[]): string {
  const rows = partitions.map(
    ({ name, start, sectors }) =>
      `start=${start}, size=${sectors}, type=${Types[name]}, uuid=${idOf(name)}, name="${name}"`,
  );
  return `${["label: gpt", `label-id: ${idOf("disk")}`, "unit: sectors", ...rows].join("\n")}\n`;
}

/** The fixed identifier of a file system or partition. */
export function idOf(name: Partition["name"] | "disk"): string {
  const number = ["disk", "bios", "esp", "boot", "root"].indexOf(name);
  return `4B696E64-6C69-4E67-8000-00000000000${number}`;
}

/**
 * GRUB for BIOS: the first sector's code before the table, and what it loads, in the bios partition.
 * Both are told where the next piece is, as grub-bios-setup does: boot.img at 0x5c, the first sector
 * of core.img in its last list of blocks at 0x1f4.
 */
export function placeGrub(
  { boot, core }: { readonly boot: Buffer; readonly core: Buffer },
  bios: Partition,
): { readonly code: Buffer; readonly core: Buffer } {
  if (boot.length !== sectorBytes || core.length > bios.sectors * sectorBytes) {
    const room = bios.sectors * sectorBytes;
    const message = `want a boot sector of ${sectorBytes} bytes and a core of at most ${room}, got ${boot.length} and ${core.length}`;
    throw new KindlingError("lab.failed", message);
  }
  const code = Buffer.from(boot.subarray(0, 440));
  code.writeBigUInt64LE(BigInt(bios.start), 0x5c);
  const placed = Buffer.from(core);
  placed.writeBigUInt64LE(BigInt(bios.start + 1), 0x1f4);
  return { code, core: placed };
}
