import { expect, it } from "vitest";
import { canonicalMacLabel, isMacKey } from "../../src/boot/mac-label.ts";

const pairs = (count: number, separator: string) => Array(count).fill("aB").join(separator);
const canonical = (count: number) => Array(count).fill("ab").join(":");

it.each([6, 8, 20])("takes %i octets in every spelling", (count) => {
  const texts = [":", "-", ""].map((separator) => pairs(count, separator));
  texts.push(
    Array(count / 2)
      .fill("AbAb")
      .join("."),
  );
  for (const text of texts) expect(canonicalMacLabel(text)).toBe(canonical(count));
});

it.each([
  "",
  "aa:bb",
  "aa:bb-cc:dd:ee:ff",
  "a:b:c:d:e:f",
  " aa:bb:cc:dd:ee:ff",
  "aa:bb:cc:dd:ee:fg",
  "aabb.ccdd.eeff.",
  "abababab",
  pairs(7, ":"),
])("refuses '%s'", (text) => {
  expect(canonicalMacLabel(text)).toBeUndefined();
});

it("knows the key in any case", () => {
  expect(["mac", "MAC", "Mac", "macs"].map(isMacKey)).toEqual([true, true, true, false]);
});
