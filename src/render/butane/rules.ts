import {
  collectReports,
  isTrueAt,
  leavesAt,
  numberAt,
  placeAt,
  type Reporter,
  type Struct,
  structAt,
  structsAt,
  textAt,
} from "../ignition-tree.ts";
import { readIgnition } from "../ignition-upgrade.ts";
import { checkBootDevice } from "./boot-device-rules.ts";
import { looksDecimal } from "./file-mode.ts";
import type { Variant } from "./variant.ts";

/** The disk that the machine boots from, under the name that every CoreOS gives it. */
const bootDisk = "/dev/disk/by-id/coreos-boot-disk";
/** Smaller roots do not hold the next update. */
const rootMiB = 8192;
/** Label → number of the partitions that the image brings. */
const ImagePartitions: Readonly<Record<string, number>> = {
  "BIOS-BOOT": 1,
  "PowerPC-PReP-boot": 1,
  "EFI-SYSTEM": 2,
  boot: 3,
  root: 4,
};

/** The rules of Butane itself, on what was written. */
export function checkButane(config: Struct, variant: Variant, reporter: Reporter): void {
  const storage = structAt(config, "storage");
  for (const one of structsAt(storage, "filesystems")) checkMountUnit(one, variant, reporter);
  for (const one of structsAt(storage, "files")) checkMode(one, "file", reporter);
  for (const one of structsAt(storage, "directories")) checkMode(one, "directory", reporter);
  for (const one of structsAt(storage, "trees")) {
    if (!textAt(one, "local"))
      reporter.error(placeAt(one, "local"), "want a local folder, got none");
  }
  if (variant.name === "fcos" && variant.version >= 6) checkLabels(config, reporter);
  checkInlineConfigs(structAt(structAt(config, "ignition"), "config"), variant, reporter);
  checkBootDevice(structAt(config, "bootDevice"), variant, reporter);
  for (const user of structsAt(structAt(config, "grub"), "users")) {
    if (!textAt(user, "name")) reporter.error(placeAt(user, "name"), "want a name, got none");
    if (!textAt(user, "passwordHash")) {
      reporter.error(placeAt(user, "passwordHash"), "want the hash of a password, got none");
    }
  }
}

/** What Fedora CoreOS expects of partitions, on the finished configuration. */
export function checkBootDisk(
  config: Struct,
  { name, version }: Variant,
  reporter: Reporter,
): void {
  if (name !== "fcos") return;
  for (const disk of structsAt(structAt(config, "storage"), "disks")) {
    const partitions = structsAt(disk, "partitions");
    for (const partition of partitions) {
      const label = textAt(partition, "label");
      const want = label !== undefined && ownNumber(label);
      if (!isTrueAt(disk, "wipeTable") && want && numberAt(partition, "number") !== want) {
        const message = `want number ${want} for ${label}: another makes a new partition`;
        reporter.warn(placeAt(partition, "label"), message);
      }
      if (label === "root" && version >= 3) checkRoot(partition, partitions, reporter);
    }
  }
}

// Another version cannot be judged by the rules of this one, and a machine may well take it.
function checkInlineConfigs(config: Struct, { minor }: Variant, reporter: Reporter): void {
  for (const one of [...structsAt(config, "merge"), structAt(config, "replace")]) {
    const inline = textAt(one, "inline");
    if (inline === undefined) continue;
    const place = placeAt(one, "inline");
    const inner = collectReports();
    const read = readIgnition(Buffer.from(inline), inner);
    if (read.kind === "invalid" || (read.kind === "read" && read.minor === minor)) {
      for (const { kind, path, message } of inner.reports) {
        const text = `${path} of the inline configuration: ${message}`;
        if (kind === "error") reporter.error(place, text);
        else reporter.warn(place, text);
      }
    } else reporter.warn(place, `not checked: want version 3.${minor}.0, got ${read.version}`);
  }
}

function ownNumber(label: string): number | undefined {
  return Object.hasOwn(ImagePartitions, label) ? ImagePartitions[label] : undefined;
}

function checkRoot(root: Struct, partitions: readonly Struct[], reporter: Reporter): void {
  const size = numberAt(root, "sizeMiB") ?? 0;
  if (size > 0 && size < rootMiB) {
    reporter.warn(placeAt(root, "sizeMiB"), `want at least ${rootMiB} MiB for root, got ${size}`);
  }
  if (size === 0 && partitions.some((one) => one !== root && !numberAt(one, "startMiB"))) {
    const message = "root cannot grow: another partition without start_mib follows it";
    reporter.warn(placeAt(root, "label"), message);
  }
}

function checkMountUnit(filesystem: Struct, variant: Variant, reporter: Reporter): void {
  if (!isTrueAt(filesystem, "withMountUnit")) return;
  const format = textAt(filesystem, "format");
  const path = textAt(filesystem, "path");
  if (!format) {
    reporter.error(placeAt(filesystem, "format"), "want a format with with_mount_unit, got none");
  }
  if (!path && !(format === "swap" && variant.minor >= 3)) {
    reporter.error(placeAt(filesystem, "path"), "want a path with with_mount_unit, got none");
  }
  const strict = variant.name === "fcos" && variant.version >= 6;
  if (path && strict && !/^\/(?:etc|var)(?:\/|$)/.test(path)) {
    const message = `want a path in /etc or /var with with_mount_unit, got ${path}`;
    reporter.error(placeAt(filesystem, "path"), message);
  }
}

function checkMode(node: Struct, kind: "file" | "directory", reporter: Reporter): void {
  const mode = numberAt(node, "mode");
  if (mode === undefined || !looksDecimal(mode, kind)) return;
  reporter.warn(placeAt(node, "mode"), `want an octal mode: 0${mode} instead of ${mode}`);
}

function checkLabels(config: Struct, reporter: Reporter): void {
  const mirror = structAt(structAt(config, "bootDevice"), "mirror");
  const wiped = new Set(leavesAt(mirror, "devices").map(({ value }) => String(value)));
  for (const disk of structsAt(structAt(config, "storage"), "disks")) {
    const device = textAt(disk, "device") ?? "";
    if (device === bootDisk || isTrueAt(disk, "wipeTable") || wiped.has(device)) continue;
    for (const one of structsAt(disk, "partitions")) {
      if (numberAt(one, "number") || textAt(one, "label") === undefined) continue;
      const message = "a partition is found again by number only: name one, or set wipe_table";
      reporter.warn(placeAt(one, "number"), message);
    }
  }
}
