/** How a disk image is packed, by the last ending of its name. */
export const Packings = ["gz", "zst", "xz", "bz2"] as const;
export type Packing = (typeof Packings)[number];

/** Undefined: as it is. */
export function packingOf(file: string): Packing | undefined {
  return Packings.find((ending) => file.endsWith(`.${ending}`));
}
