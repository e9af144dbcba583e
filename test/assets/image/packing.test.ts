import { expect, it } from "vitest";
import { packingOf } from "../../../src/assets/image/packing.ts";

it.each([
  ["disk.raw", undefined],
  ["flatcar_production_image.bin.bz2", "bz2"],
  ["metal.raw.xz", "xz"],
  ["disk.img.gz", "gz"],
  ["disk.raw.zst", "zst"],
  ["zst", undefined],
])("%s is packed as %s", (file, want) => {
  expect(packingOf(file)).toBe(want);
});
