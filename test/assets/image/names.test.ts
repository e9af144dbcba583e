// biome-ignore-all lint/suspicious/noTemplateCurlyInString: iPXE writes its settings like that
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareVersions,
  fillPlaceholders,
  isImageFile,
  isImageName,
} from "../../../src/assets/image/names.ts";

describe("names that become paths", () => {
  it.each(["43.20251024.3.0", "v1.11.5", "trixie-0a1b", "initrd.img", "a~b+c_d"])(
    "takes %s",
    (name) => {
      expect(isImageName(name)).toBe(true);
    },
  );

  it.each(["", ".", "..", ".hidden", "-rf", "a/b", "a b", "a\0", "ä", "a".repeat(129)])(
    "refuses %j",
    (name) => {
      expect(isImageName(name)).toBe(false);
    },
  );

  it("takes four names deep and no more", () => {
    expect(["images/pxeboot/vmlinuz", "a/b/c/d"].every(isImageFile)).toBe(true);
    expect(["a/b/c/d/e", "a//b", "/a", "a/", "a/../b"].some(isImageFile)).toBe(false);
  });

  it("never lets a file's path leave its folder", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        if (!isImageFile(text)) return;
        expect(new URL(text, "file:///root/").pathname.startsWith("/root/")).toBe(true);
      }),
    );
  });
});

describe("fillPlaceholders", () => {
  it.each([
    { text: "{channel}/x", want: "stable/x" },
    { text: "?uuid=${uuid}&c={channel}", want: "?uuid=${uuid}&c=stable" },
    { text: "${channel}", want: "${channel}" },
    { text: "{unknown} {constructor}", want: "{unknown} {constructor}" },
  ])("$text", ({ text, want }) => {
    expect(fillPlaceholders(text, { channel: "stable" })).toBe(want);
  });
});

describe("compareVersions", () => {
  it.each([
    { sorted: ["9.9", "9.10", "10.0"] },
    { sorted: ["43.20250929.3.1", "43.20251024.3.0", "44.1"] },
    { sorted: ["v1.9.6", "v1.10.0", "v1.11.0"] },
    { sorted: ["24.04", "24.04.1", "24.04.10"] },
  ])("orders $sorted", ({ sorted }) => {
    expect([...sorted].reverse().sort(compareVersions)).toEqual(sorted);
  });
});
