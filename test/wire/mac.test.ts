import { describe, expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import { formatMacHyphen, macFromBytes, macToBytes, parseMac } from "../../src/wire/mac.ts";

describe("parseMac", () => {
  const accepted = [
    { name: "colons", text: "52:54:00:aB:cd:EF" },
    { name: "hyphens, as iPXE sends", text: "52-54-00-AB-CD-EF" },
    { name: "dotted groups, as switches print", text: "5254.00ab.cdef" },
    { name: "bare hex", text: "525400abcdef" },
  ];
  it.each(accepted)("takes $name and prints lower-case colons", ({ text }) => {
    expect(parseMac(text)).toBe("52:54:00:ab:cd:ef");
  });

  const refused = ["", "52:54:00:ab:cd", "52:54-00:ab:cd:ef", "52:54:00:ab:cd:eg", " 525400abcdef"];
  it.each(refused.map((text) => ({ text })))("refuses '$text'", ({ text }) => {
    expect(() => parseMac(text)).toThrow(WireError);
  });

  it("goes to bytes and back unchanged", () => {
    const mac = parseMac("52:54:00:ab:cd:ef");
    expect(macFromBytes(macToBytes(mac))).toBe(mac);
    expect(formatMacHyphen(mac)).toBe("52-54-00-ab-cd-ef");
  });
});
