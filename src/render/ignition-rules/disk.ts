import {
  leavesAt,
  numberAt,
  type Place,
  placeAt,
  type Reporter,
  type Struct,
  structsAt,
  textAt,
} from "../ignition-tree.ts";
import { pathTrouble } from "./path.ts";

/** Of the GPT: 72 bytes in UTF-16. */
const labelMax = 36;
const Guid = /^(?:|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;
const StripedLevels = new Set(["linear", "raid0", "0", "stripe"]);
const RedundantLevels = new Set([
  "raid1",
  "1",
  "mirror",
  "raid4",
  "4",
  "raid5",
  "5",
  "raid6",
  "6",
  "raid10",
  "10",
]);

/** Disks with their partitions, and RAID arrays. */
export function checkDisks(storage: Struct, reporter: Reporter): void {
  for (const disk of structsAt(storage, "disks")) {
    const trouble = pathTrouble(textAt(disk, "device"));
    if (trouble !== undefined) reporter.error(placeAt(disk, "device"), trouble);
    for (const partition of structsAt(disk, "partitions")) checkPartition(partition, reporter);
    checkCollisions(disk, reporter);
  }
  for (const array of structsAt(storage, "raid")) checkArray(array, reporter);
}

function checkPartition(partition: Struct, reporter: Reporter): void {
  const label = textAt(partition, "label");
  const gone = partition.members.get("shouldExist");
  const others = ["label", "startMiB", "sizeMiB"].some((name) => partition.members.has(name));
  const guids = textAt(partition, "guid") || textAt(partition, "typeGuid");
  if (gone?.kind === "leaf" && gone.value === false && (others || guids)) {
    const message = "want should_exist false alone with the number, got more";
    reporter.error(partition.place, message);
  }
  if (!numberAt(partition, "number") && label === undefined) {
    reporter.error(partition.place, "want a number of 1 or more, or a label, got neither");
  }
  if (label !== undefined && Buffer.byteLength(label) > labelMax) {
    const message = `want at most ${labelMax} bytes, got ${Buffer.byteLength(label)}`;
    reporter.error(placeAt(partition, "label"), message);
  } else if (label?.includes(":")) {
    reporter.error(placeAt(partition, "label"), "want no colon, sgdisk would cut the label there");
  }
  for (const name of ["guid", "typeGuid"]) {
    if (Guid.test(textAt(partition, name) ?? "")) continue;
    const message = "want a GUID such as 01234567-89AB-CDEF-EDCB-A98765432101";
    reporter.error(placeAt(partition, name), message);
  }
}

function checkCollisions(disk: Struct, reporter: Reporter): void {
  const partitions = structsAt(disk, "partitions");
  const labels = new Set<string>();
  for (const one of partitions) {
    const label = textAt(one, "label");
    // Two of one number are two of one key, which is told for every list.
    if (label !== undefined && labels.has(label)) {
      reporter.error(one.place, "another partition has this label");
    }
    if (label !== undefined) labels.add(label);
  }
  const extents = partitions.flatMap(extentOf).sort((a, b) => a.first - b.first);
  for (const [index, { first, place }] of extents.entries()) {
    if (first > (extents[index - 1]?.last ?? 0)) continue;
    reporter.error(place, "another partition takes up some of this space");
  }
}

type Extent = { readonly first: number; readonly last: number; readonly place: Place };

// A start of 0 is placed by sgdisk, a size of 0 takes what is left: neither can be judged here.
function extentOf(partition: Struct): readonly Extent[] {
  const first = numberAt(partition, "startMiB");
  const size = numberAt(partition, "sizeMiB");
  if (!first || size === undefined) return [];
  return [{ first, last: size === 0 ? first : first + size - 1, place: partition.place }];
}

function checkArray(array: Struct, reporter: Reporter): void {
  const level = textAt(array, "level") ?? "";
  if (!StripedLevels.has(level) && !RedundantLevels.has(level)) {
    const message = `want a level such as raid1, got ${level || "none"}`;
    reporter.error(placeAt(array, "level"), message);
  } else if (StripedLevels.has(level) && numberAt(array, "spares")) {
    reporter.error(placeAt(array, "level"), `want no spares with ${level}, it has no redundancy`);
  }
  const devices = leavesAt(array, "devices");
  if (devices.length === 0) {
    reporter.error(placeAt(array, "devices"), "want the devices of the array, got none");
  }
  for (const { place, value } of devices) {
    const trouble = pathTrouble(String(value));
    if (trouble !== undefined) reporter.error(place, trouble);
  }
}
