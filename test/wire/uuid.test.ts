import { describe, expect, it } from "vitest";
import { isUsableUuid, parseUuid, uuidFromBytes } from "../../src/wire/uuid.ts";

describe("uuidFromBytes", () => {
  it("swaps the first three fields, as SMBIOS 2.6 stores them", () => {
    const octets = Buffer.from("33221100554477668899aabbccddeeff", "hex");
    expect(uuidFromBytes(octets)).toBe("00112233-4455-6677-8899-aabbccddeeff");
  });

  it("refuses another length", () => {
    expect(() => uuidFromBytes(Buffer.alloc(17))).toThrow("16 octets, got 17");
  });
});

describe("isUsableUuid", () => {
  const placeholders = [
    "00000000-0000-0000-0000-000000000000",
    "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
    "03000200-0400-0500-0006-000700080009",
  ];
  it.each(placeholders.map((text) => ({ text })))(
    "is false for the placeholder $text",
    ({ text }) => {
      expect(isUsableUuid(parseUuid(text))).toBe(false);
    },
  );

  it("is true for a board's own", () => {
    expect(isUsableUuid(parseUuid("4c4c4544-0051-3210-8052-b2c04f313032"))).toBe(true);
  });
});
