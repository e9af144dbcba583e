import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bytesOf,
  countRunes,
  runeAt,
  runeBytes,
  takeRunes,
  textOf,
} from "../../../src/render/go-template/bytes.ts";

const anyText = fc.string({ unit: "binary" });

describe("byte strings", () => {
  it("come back as the text they were", () => {
    fc.assert(fc.property(anyText, (text) => textOf(bytesOf(text)) === text));
  });

  it("order as their bytes do", () => {
    expect(bytesOf("\u{10000}") > bytesOf("\uffff")).toBe(true); // not so in UTF-16
  });

  it("count runes, not bytes", () => {
    fc.assert(fc.property(anyText, (text) => countRunes(bytesOf(text)) === [...text].length));
  });

  it.each([
    { name: "a stray byte", bytes: "\xff", want: "\ufffd" },
    { name: "a cut rune, byte by byte", bytes: "\xe4\xb8", want: "\ufffd\ufffd" },
    { name: "an overlong form", bytes: "\xc0\x80", want: "\ufffd\ufffd" },
    { name: "half of a surrogate pair", bytes: "\xed\xa0\x80", want: "\ufffd\ufffd\ufffd" },
    { name: "beyond the last code point", bytes: "\xf4\x90\x80\x80", want: "\ufffd".repeat(4) },
    { name: "U+FFFD itself", bytes: "\xef\xbf\xbd", want: "\ufffd" },
  ])("show $name", ({ bytes, want }) => {
    expect(textOf(bytes)).toBe(want);
  });

  it("hold each code point as it is read", () => {
    const codePoint = fc.integer({ min: 0, max: 0x10ffff });
    fc.assert(
      fc.property(codePoint, (code) => {
        const isHalf = code >= 0xd800 && code <= 0xdfff;
        expect(runeAt(runeBytes(code), 0).code).toBe(isHalf ? 0xfffd : code);
      }),
    );
  });

  it("are cut between runes", () => {
    expect(textOf(takeRunes(bytesOf("世界x"), 2))).toBe("世界");
  });
});
