import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import { formatVxlan, parseVxlan } from "../../src/lab/vxlan.ts";

describe("vxlan", () => {
  it("lays the header out as RFC 7348 §5 draws it", () => {
    const datagram = formatVxlan(0x010203, Uint8Array.of(0xaa));
    expect(Buffer.from(datagram).toString("hex")).toBe("0800000001020300aa");
  });

  it("gives back network and frame", () => {
    fc.assert(
      fc.property(fc.nat(0xffffff), fc.uint8Array(), (identifier, bytes) => {
        const frame = Buffer.from(bytes);
        expect(parseVxlan(formatVxlan(identifier, frame))).toEqual({ identifier, frame });
      }),
    );
  });

  const refused = [
    { name: "seven bytes", hex: "08000000010203" },
    { name: "no identifier flag", hex: "0000000001020300aa" },
  ];
  it.each(refused)("refuses $name", ({ hex }) => {
    expect(() => parseVxlan(Buffer.from(hex, "hex"))).toThrow(WireError);
  });
});
