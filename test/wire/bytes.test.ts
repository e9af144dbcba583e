import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import { formatHexdump } from "../../src/wire/hexdump.ts";
import { ByteReader } from "../../src/wire/reader.ts";
import { ByteWriter } from "../../src/wire/writer.ts";

describe("ByteReader and ByteWriter", () => {
  it("carry numbers and bytes unchanged", () => {
    const values = fc.record({
      a: fc.nat(0xff),
      b: fc.nat(0xffff),
      c: fc.nat(0xffff_ffff),
      tail: fc.uint8Array({ maxLength: 2000 }),
    });
    fc.assert(
      fc.property(values, ({ a, b, c, tail }) => {
        const written = new ByteWriter().u8(a).u16(b).u32(c).put(tail).finish();
        const reader = new ByteReader(written);
        expect([reader.u8("a"), reader.u16("b"), reader.u32("c")]).toEqual([a, b, c]);
        expect(Buffer.from(reader.rest()).equals(Buffer.from(tail))).toBe(true);
        expect(reader.left).toBe(0);
      }),
    );
  });

  it("name the field, the offset, the want and the got when bytes run out", () => {
    const reader = new ByteReader(Uint8Array.of(1, 2, 3));
    reader.u16("op");
    expect(() => reader.u32("xid")).toThrow(WireError);
    expect(() => reader.u32("xid")).toThrow("xid wants 4 bytes at offset 2, got 1");
  });

  it("never read past the end they were given", () => {
    const reader = new ByteReader(Uint8Array.of(1, 2, 3, 0), 1, 3);
    expect(reader.untilNul()).toBeUndefined();
    expect(reader.left).toBe(2);
    expect(() => reader.take(3, "all")).toThrow(WireError);
  });

  it("read text up to its NUL and no further", () => {
    const reader = new ByteReader(Buffer.from("octet\0rest"));
    expect(Buffer.from(reader.untilNul() ?? []).toString()).toBe("octet");
    expect(Buffer.from(reader.rest()).toString()).toBe("rest");
  });

  it("refuse to grow past the limit", () => {
    expect(() => new ByteWriter(4).u32(1).u8(1)).toThrow("message wants 5 bytes, at most 4");
  });

  it("pad and cut fixed fields", () => {
    const written = new ByteWriter()
      .fixed(Buffer.from("abc"), 2)
      .fixed(Buffer.from("d"), 3)
      .finish();
    expect(Buffer.from(written)).toEqual(Buffer.from("abd\0\0"));
  });
});

describe("formatHexdump", () => {
  it("shows offset, octets and printable text", () => {
    expect(formatHexdump(Buffer.from("PXEClient\x00\xff", "latin1"))).toBe(
      "0000  50 58 45 43 6c 69 65 6e 74 00 ff                 PXEClient..",
    );
  });
});
