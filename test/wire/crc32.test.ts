import { crc32 as reference } from "node:zlib";
import fc from "fast-check";
import { expect, it } from "vitest";
import { crc32 } from "../../src/wire/crc32.ts";

it("is 0xcbf43926 for the digits, the check value that catalogues of checksums give", () => {
  expect(crc32(Buffer.from("123456789"))).toBe(0xcbf4_3926);
});

it("agrees with zlib on any bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => crc32(bytes) === reference(bytes)),
  );
});

it("counts only the bytes that it is told to", () => {
  expect(crc32(Buffer.from("x123456789y"), 1, 10)).toBe(0xcbf4_3926);
});
