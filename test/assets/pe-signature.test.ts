import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSignedProgram } from "../../src/assets/pe-signature.ts";

function program(magic: number, directories: number, size: number): Buffer {
  const bytes = Buffer.alloc(512);
  bytes.write("MZ");
  bytes.writeUInt32LE(0x80, 0x3c);
  bytes.writeUInt16LE(magic, 0x80 + 24);
  bytes.writeUInt32LE(size, 0x80 + 24 + directories + 4 * 8 + 4);
  return bytes;
}

describe("isSignedProgram", () => {
  it.each([
    { name: "64 bits with certificates", bytes: program(0x20b, 112, 9000), want: true },
    { name: "64 bits without", bytes: program(0x20b, 112, 0), want: false },
    { name: "32 bits with certificates", bytes: program(0x10b, 96, 9000), want: true },
    { name: "no program", bytes: Buffer.alloc(512), want: false },
    { name: "nothing", bytes: Buffer.alloc(0), want: false },
  ])("says $want of $name", ({ bytes, want }) => {
    expect(isSignedProgram(bytes)).toBe(want);
  });

  it("reads no further than any bytes go", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(typeof isSignedProgram(Buffer.concat([Buffer.from("MZ"), bytes]))).toBe("boolean");
      }),
    );
  });
});
