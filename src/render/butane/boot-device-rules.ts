import {
  isTrueAt,
  leavesAt,
  placeAt,
  type Reporter,
  type Struct,
  structAt,
  structsAt,
  textAt,
} from "../ignition-tree.ts";
import type { Variant } from "./variant.ts";

const Layouts = ["aarch64", "ppc64le", "x86_64"];
/** IBM Z, since fcos 1.6: layout → the device that its root can be encrypted on. */
const MainframeLayouts: Readonly<Record<string, RegExp | undefined>> = {
  "s390x-eckd": /^\/dev\/dasd[a-z]$/,
  "s390x-zfcp": /^\/dev\/sd[a-z]$/,
  "s390x-virt": undefined,
};

/** The rules of `boot_device`. */
export function checkBootDevice(bootDevice: Struct, variant: Variant, reporter: Reporter): void {
  const mirror = structAt(bootDevice, "mirror");
  const disks = leavesAt(mirror, "devices").length;
  if (disks === 1) {
    reporter.error(placeAt(mirror, "devices"), "want two disks or more for a mirror, got one");
  }
  checkLayout(bootDevice, variant, reporter);
  if (disks > 0 && textAt(bootDevice, "layout") === undefined) {
    reporter.warn(mirror.place, "want a layout with a mirror; x86_64 is taken");
  }
  checkCex(bootDevice, reporter);
}

function checkLayout(bootDevice: Struct, { version }: Variant, reporter: Reporter): void {
  const layout = textAt(bootDevice, "layout");
  if (layout === undefined || Layouts.includes(layout)) return;
  const place = placeAt(bootDevice, "layout");
  if (version < 6 || !Object.hasOwn(MainframeLayouts, layout)) {
    const known = version < 6 ? Layouts : [...Layouts, ...Object.keys(MainframeLayouts)];
    reporter.error(place, `want ${known.join(", ")}, got ${layout}`);
    return;
  }
  if (leavesAt(structAt(bootDevice, "mirror"), "devices").length > 0) {
    reporter.error(place, `want no mirror with ${layout}`);
  }
  const device = textAt(structAt(bootDevice, "luks"), "device") ?? "";
  const pattern = MainframeLayouts[layout];
  if (pattern !== undefined && !pattern.test(device)) {
    const want = layout === "s390x-eckd" ? "/dev/dasda" : "/dev/sda";
    reporter.error(place, `want luks.device such as ${want}, got ${device || "none"}`);
  }
}

// An IBM Crypto Express card is found in IBM Z only, and holds the whole key.
function checkCex(bootDevice: Struct, reporter: Reporter): void {
  const luks = structAt(bootDevice, "luks");
  const cex = structAt(luks, "cex");
  if (!isTrueAt(cex, "enabled")) return;
  const layout = textAt(bootDevice, "layout");
  if (layout?.startsWith("s390x") !== true) {
    reporter.error(cex.place, `want an s390x layout with cex, got ${layout ?? "none"}`);
  }
  if (isTrueAt(luks, "tpm2") || structsAt(luks, "tang").length > 0) {
    reporter.error(luks.place, "want cex alone, got tang or tpm2 besides");
  }
}
