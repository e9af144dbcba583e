import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import { parsePax, parseTarHeader } from "../../src/wire/tar-header.ts";
import { tarEntry } from "../support/image-archive.ts";

const header = (name: string, how: Parameters<typeof tarEntry>[2] = {}) =>
  tarEntry(name, Buffer.alloc(0), how).subarray(0, 512);

/** The header with bytes written into it, and a checksum that fits. */
function changed(at: number, bytes: Buffer): Buffer {
  const block = Buffer.from(header("a"));
  bytes.copy(block, at);
  block.write("        ", 148);
  const sum = block.reduce((total, octet) => total + octet, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

const gnuTimes = Buffer.concat([
  Buffer.from("ustar  \0"),
  Buffer.alloc(80),
  Buffer.from("14752130000"),
]);

describe("parseTarHeader", () => {
  it.each([
    ["a file", header("a/b", { size: 4711 }), { kind: "file", name: "a/b", size: 4711 }],
    ["a folder", header("a/", { type: "5" }), { kind: "folder", name: "a/" }],
    ["a link", header("a", { type: "2", link: "b" }), { kind: "symlink", link: "b" }],
    ["a hard link", header("a", { type: "1", link: "b" }), { kind: "hardlink", link: "b" }],
    ["a long name to come", header("././@LongLink", { type: "L" }), { kind: "path" }],
    ["pax records to come", header("pax", { type: "x" }), { kind: "pax" }],
    ["a device", header("a", { type: "3" }), { kind: "special" }],
    [
      "what other programs write",
      header("a", { type: "V", size: 9 }),
      { kind: "unknown", size: 9 },
    ],
    ["GNU's times in the prefix's place", changed(257, gnuTimes), { name: "a" }],
    ["a name in two parts", changed(345, Buffer.from("front")), { name: "front/a" }],
    [
      "a size beyond octal text",
      changed(124, Buffer.from("800000000000000200000000", "hex")),
      { size: 2 ** 33 },
    ],
  ])("reads %s", (_, block, want) => {
    expect(parseTarHeader(block)).toMatchObject(want);
  });

  it("reads the end of an archive", () => {
    expect(parseTarHeader(Buffer.alloc(512))).toBeUndefined();
  });

  it.each([
    ["a short one", Buffer.alloc(511)],
    ["a wrong checksum", Buffer.from(header("a")).fill("b", 0, 1)],
    ["a size that is no number", changed(124, Buffer.from("99999999999\0"))],
    ["a size that no file has", changed(124, Buffer.from(`80${"ff".repeat(11)}`, "hex"))],
  ])("refuses %s", (_, block) => {
    expect(() => parseTarHeader(block)).toThrow(WireError);
  });

  it("throws nothing but WireError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 512, maxLength: 512 }), (block) => {
        try {
          parseTarHeader(block);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});

describe("parsePax", () => {
  it("reads records, line ends and equals signs within them too", () => {
    const records = parsePax(Buffer.from("12 path=abc\n18 note=a=b\nc=d e\n"));
    expect([...records]).toEqual([
      ["path", "abc"],
      ["note", "a=b\nc=d e"],
    ]);
  });

  it.each(["path=abc\n", "99 path=abc\n", "0 a=b\n", "-1 a=b\n", "6 a=bcd\n", "x", "7 abcd\n"])(
    "refuses '%s'",
    (text) => {
      expect(() => parsePax(Buffer.from(text))).toThrow(WireError);
    },
  );

  it("reads back what is written, and throws nothing but WireError", () => {
    const key = fc.stringMatching(/^[a-zA-Z.]{1,20}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.string())), (pairs) => {
        const records = parsePax(Buffer.concat(pairs.map(([one, value]) => record(one, value))));
        expect(records).toEqual(new Map(pairs));
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        try {
          parsePax(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});

// The length counts its own digits.
function record(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`);
  const guess = rest.length + String(rest.length).length;
  return Buffer.concat([Buffer.from(String(rest.length + String(guess).length)), rest]);
}
