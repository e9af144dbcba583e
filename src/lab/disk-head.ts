import { KindlingError } from "../errors.ts";

/** Bytes of one sector of a disk, and of all that lies before its first partition. */
const sectorBytes = 512;
const firstSector = 2048;

/**
 * The head of a BIOS disk with one bootable Linux partition that begins at 1 MiB: GRUB's boot sector
 * with a partition table in it, and its core image from the second sector, where the boot sector looks.
 *
 *     0          446              510   512          1 MiB
 *     | boot.img | table, 4 rows  | 55AA | core.img … | partition
 */
export function formatDiskHead(
  { boot, core }: { readonly boot: Buffer; readonly core: Buffer },
  partitionSectors: number,
): Buffer {
  const room = (firstSector - 1) * sectorBytes;
  if (boot.length !== sectorBytes || core.length > room) {
    const got = `${boot.length} and ${core.length}`;
    const message = `want a boot sector of ${sectorBytes} bytes and a core of at most ${room}, got ${got}`;
    throw new KindlingError("lab.failed", message);
  }
  const head = Buffer.concat([boot, core]);
  // GRUB's boot sector has code for floppies where a hard disk has its table.
  head.fill(0, 446, 510);
  const row = head.subarray(446, 462);
  row[0] = 0x80; // bootable
  row[4] = 0x83; // Linux; cylinders, heads and sectors stay 0: nobody reads them beside LBA
  row.writeUInt32LE(firstSector, 8);
  row.writeUInt32LE(partitionSectors, 12);
  head.writeUInt16LE(0xaa55, 510);
  return head;
}
