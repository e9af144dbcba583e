import {
  isTrueAt,
  leavesAt,
  placeAt,
  type Reporter,
  type Struct,
  structsAt,
  textAt,
} from "../ignition-tree.ts";
import { pathTrouble } from "./path.ts";

/** Format → the longest label that its tools take, in bytes. */
const LabelMax: Readonly<Record<string, number>> = {
  ext4: 16,
  btrfs: 256,
  xfs: 12,
  swap: 15,
  vfat: 11,
};

/** File systems, on their own and with the disks they are made on. */
export function checkFilesystems(storage: Struct, minor: number, reporter: Reporter): void {
  const disks = new Map(structsAt(storage, "disks").map((one) => [textAt(one, "device"), one]));
  for (const filesystem of structsAt(storage, "filesystems")) {
    const path = textAt(filesystem, "path");
    checkPlace(filesystem, "device", { reporter });
    if (path) checkPlace(filesystem, "path", { reporter });
    checkFormat(filesystem, { minor, reporter });
    const disk = disks.get(textAt(filesystem, "device"));
    if (disk !== undefined) checkWholeDisk(filesystem, disk, reporter);
  }
}

function checkPlace(filesystem: Struct, name: string, { reporter }: { reporter: Reporter }): void {
  const trouble = pathTrouble(textAt(filesystem, name));
  if (trouble !== undefined) reporter.error(placeAt(filesystem, name), trouble);
}

type FormatContext = { readonly minor: number; readonly reporter: Reporter };

function checkFormat(filesystem: Struct, { minor, reporter }: FormatContext): void {
  const place = placeAt(filesystem, "format");
  const format = textAt(filesystem, "format");
  const formats = [...Object.keys(LabelMax), ...(minor >= 3 ? ["none"] : [])];
  if (!format) {
    if (hasMore(filesystem)) reporter.error(place, `want a format: ${formats.join(", ")}`);
    return;
  }
  if (!formats.includes(format)) {
    reporter.error(place, `want ${formats.join(", ")}, got ${format}`);
    return;
  }
  const size = Buffer.byteLength(textAt(filesystem, "label") ?? "");
  const max = LabelMax[format] ?? size;
  if (size > max) {
    reporter.error(placeAt(filesystem, "label"), `want at most ${max} bytes, got ${size}`);
  }
}

function hasMore(filesystem: Struct): boolean {
  return (
    ["path", "label", "uuid"].some((name) => textAt(filesystem, name)) ||
    isTrueAt(filesystem, "wipeFilesystem") ||
    ["options", "mountOptions"].some((name) => leavesAt(filesystem, name).length > 0)
  );
}

function checkWholeDisk(filesystem: Struct, disk: Struct, reporter: Reporter): void {
  const place = placeAt(filesystem, "device");
  if (structsAt(disk, "partitions").length > 0) {
    reporter.warn(place, "the file system overwrites the partitions of this disk");
  } else if (isTrueAt(disk, "wipeTable") && !isTrueAt(filesystem, "wipeFilesystem")) {
    reporter.warn(place, "wipe_table on the disk wipes this file system at every provisioning");
  }
}
