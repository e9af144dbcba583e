import {
  isTrueAt,
  leavesAt,
  type Struct,
  structAt,
  structsAt,
  textAt,
  treeOf,
} from "../ignition-tree.ts";

/** Layouts whose first partition is for BIOS or Open Firmware; the others keep its place free. */
const Firsts: Readonly<Record<string, Part>> = {
  x86_64: { label: "bios", sizeMiB: 1, typeGuid: "21686148-6449-6E6F-744E-656564454649" },
  ppc64le: { label: "prep", sizeMiB: 4, typeGuid: "9E1A2D38-C612-4316-AA26-8B49521E5A8B" },
};
const Reserved: Part = {
  label: "reserved",
  sizeMiB: 1,
  typeGuid: "8DA63339-0007-60C0-C436-083AC8230908",
};
const Esp: Part = {
  label: "esp",
  sizeMiB: 127,
  typeGuid: "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
};
const EspLayouts = new Set(["x86_64", "aarch64"]);
const bootMiB = 384;

/** On IBM Z the root file system is on a fixed partition of the device that is named. */
const RootPartitions: Readonly<Record<string, string>> = { "s390x-eckd": "2", "s390x-zfcp": "4" };

type Part = { readonly label: string; readonly sizeMiB: number; readonly typeGuid: string };

/**
 * What `boot_device` stands for: the boot disk mirrored on several disks, its root encrypted, or
 * both. The partitions replace those of the Fedora CoreOS image one by one, hence their sizes.
 */
export function renderBootDevice(bootDevice: Struct): Struct {
  const { place } = bootDevice;
  const layout = textAt(bootDevice, "layout") ?? "x86_64";
  const mirror = structAt(bootDevice, "mirror");
  const disks = leavesAt(mirror, "devices").map(({ value }) => String(value));
  const luks = structAt(bootDevice, "luks");
  const mirrored = disks.length > 0;
  const encrypted = isEncrypted(luks);
  if (!mirrored && !encrypted) return treeOf({}, place);
  const root = {
    device: encrypted ? "/dev/mapper/root" : "/dev/md/md-root",
    format: "xfs",
    label: "root",
    wipeFilesystem: true,
  };
  const volume = encrypted ? [luksVolume(luks, layout, mirrored)] : undefined;
  const filesystems = [...(mirrored ? mirrorFilesystems(disks, layout) : []), root];
  const storage = {
    disks: mirrored ? disks.map((device, index) => mirrorDisk(device, index + 1, layout)) : [],
    filesystems,
    luks: volume,
    raid: mirrored ? arrays(disks) : undefined,
  };
  return treeOf({ storage }, mirrored ? mirror.place : luks.place);
}

/** Does anything in `boot_device.luks` ask for encryption? */
function isEncrypted(luks: Struct): boolean {
  const cex = isTrueAt(structAt(luks, "cex"), "enabled");
  return isTrueAt(luks, "tpm2") || structsAt(luks, "tang").length > 0 || cex;
}

function mirrorDisk(device: string, index: number, layout: string) {
  const parts = [Firsts[layout] ?? Reserved, EspLayouts.has(layout) ? Esp : Reserved];
  return {
    device,
    wipeTable: true,
    partitions: [
      ...parts.map((part) => ({ ...part, label: `${part.label}-${index}` })),
      { label: `boot-${index}`, sizeMiB: bootMiB },
      { label: `root-${index}` },
    ],
  };
}

function mirrorFilesystems(disks: readonly string[], layout: string) {
  const esps = EspLayouts.has(layout) ? disks : [];
  return [
    ...esps.map((_, index) => ({
      device: `/dev/disk/by-partlabel/esp-${index + 1}`,
      format: "vfat",
      label: `esp-${index + 1}`,
      wipeFilesystem: true,
    })),
    { device: "/dev/md/md-boot", format: "ext4", label: "boot", wipeFilesystem: true },
  ];
}

function arrays(disks: readonly string[]) {
  const parts = (label: string) => {
    return disks.map((_, index) => `/dev/disk/by-partlabel/${label}-${index + 1}`);
  };
  return [
    // The superblock at the end: GRUB on BIOS reads the partition as if it were no array.
    { devices: parts("boot"), level: "raid1", name: "md-boot", options: ["--metadata=1.0"] },
    { devices: parts("root"), level: "raid1", name: "md-root" },
  ];
}

function luksVolume(luks: Struct, layout: string, mirrored: boolean) {
  const partition = RootPartitions[layout];
  const plain = mirrored ? "/dev/md/md-root" : "/dev/disk/by-partlabel/root";
  const cex = structAt(luks, "cex");
  return {
    ...(isTrueAt(cex, "enabled") ? { cex } : { clevis: clevisOf(luks) }),
    device: partition === undefined ? plain : `${textAt(luks, "device") ?? ""}${partition}`,
    discard: luks.members.get("discard"),
    label: "luks-root",
    name: "root",
    wipeVolume: true,
  };
}

function clevisOf({ members }: Struct) {
  return {
    tang: members.get("tang"),
    threshold: members.get("threshold"),
    tpm2: members.get("tpm2"),
  };
}
