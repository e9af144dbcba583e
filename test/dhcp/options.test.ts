import { describe, expect, it } from "vitest";
import { optionLength, parseOptions, readSubOptions, writeOption } from "../../src/dhcp/options.ts";
import { WireError } from "../../src/errors.ts";
import { ByteWriter } from "../../src/wire/writer.ts";

const none = new Uint8Array(128);
const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const read = (options: string, file = none as Uint8Array, sname = none as Uint8Array) =>
  parseOptions(hex(options), file, sname).options;

describe("parseOptions", () => {
  it("skips pads, stops at the end option and keeps what came before", () => {
    expect([...read("00 35 01 01 00 ff 36 04 01 02 03 04").keys()]).toEqual([53]);
  });

  it("takes the packet's end for a missing end option", () => {
    expect(read("35 01 01").get(53)).toEqual(hex("01"));
  });

  it("reads options from file, then sname, when 52 says so, and joins the pieces in that order", () => {
    const options = read("34 01 03 43 01 61 ff", hex("43 01 62 ff"), hex("43 01 63 ff"));
    expect(Buffer.from(options.get(67) ?? []).toString()).toBe("abc");
    expect(options.has(52)).toBe(false);
  });

  it("leaves file alone when 52 names sname only", () => {
    expect(read("34 01 02 ff", hex("43 01 62 ff"), hex("0c 01 68 ff")).has(67)).toBe(false);
  });

  const refused = [
    { name: "a value past the end", bytes: "35 02 01" },
    { name: "a code without a length", bytes: "35 01 01 36" },
    { name: "an overload of 4", bytes: "34 01 04 ff" },
    { name: "an overload of two bytes", bytes: "34 02 01 01 ff" },
  ];
  it.each(refused)("refuses $name", ({ bytes }) => {
    expect(() => read(bytes)).toThrow(WireError);
  });
});

describe("writeOption", () => {
  it.each([0, 1, 255, 256, 510, 511])("writes %i bytes in pieces that read back as one", (size) => {
    const value = Buffer.alloc(size, 7);
    const writer = new ByteWriter();
    writeOption(writer, 43, value);
    expect(writer.length).toBe(optionLength(value));
    const { options } = parseOptions(writer.finish(), none, none);
    expect(Buffer.from(options.get(43) ?? [1]).equals(value)).toBe(true);
  });
});

describe("readSubOptions", () => {
  it("reads as far as the bytes make sense", () => {
    expect([...readSubOptions(hex("06 01 08 47 04 00")).keys()]).toEqual([6]);
    expect([...readSubOptions(hex("06 01 08 ff 47 01 00")).keys()]).toEqual([6]);
  });
});
