import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import {
  addToIpv4,
  formatIpv4,
  limitedBroadcast,
  parseIpv4,
  readIpv4,
  writeIpv4,
} from "../../src/wire/ipv4.ts";
import { ByteReader } from "../../src/wire/reader.ts";
import { ByteWriter } from "../../src/wire/writer.ts";

const reads = (text: string): boolean => {
  try {
    parseIpv4(text);
    return true;
  } catch {
    return false;
  }
};
const anyOctets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));

describe("parseIpv4", () => {
  it("gives back, as text and as bytes, what it took", () => {
    fc.assert(
      fc.property(anyOctets, (octets) => {
        const address = parseIpv4(octets.join("."));
        const writer = new ByteWriter();
        writeIpv4(writer, address);
        expect(formatIpv4(address)).toBe(octets.join("."));
        expect([...writer.finish()]).toEqual(octets);
        expect(readIpv4(new ByteReader(writer.finish()), "address")).toBe(address);
      }),
    );
  });

  const refused = ["", "10.0.0", "10.0.0.0.1", "10.0.0.256", "10.0.0.01", "10.0.0.-1", "a", "..."];
  it.each([...refused, "0x0a.0.0.1", "10.0.0.", ".10.0.0.1", "10..0.1", "00.0.0.1", "10.0.0.1 "])(
    "refuses '%s'",
    (text) => {
      expect(() => parseIpv4(text)).toThrow(WireError);
    },
  );

  it("takes what a pattern of four octets takes, and nothing else", () => {
    const octet = "(0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])";
    const pattern = new RegExp(`^${octet}([.]${octet}){3}$`);
    const almost = fc
      .array(fc.oneof(fc.nat(300).map(String), fc.constantFrom("00", "", "01", "1e1")), {
        minLength: 3,
        maxLength: 5,
      })
      .map((octets) => octets.join("."));
    const piece = fc.oneof(fc.constantFrom(".", "0", "1", "25", "9", "a", " "), fc.string());
    fc.assert(
      fc.property(
        fc.oneof(
          almost,
          fc.array(piece).map((pieces) => pieces.join("")),
        ),
        (text) => {
          expect(reads(text)).toBe(pattern.test(text));
        },
      ),
    );
  });
});

describe("addToIpv4", () => {
  it.each([
    { from: "10.0.0.255", steps: 1, want: "10.0.1.0" },
    { from: "10.0.1.0", steps: -1, want: "10.0.0.255" },
    { from: "127.255.255.255", steps: 1, want: "128.0.0.0" },
    { from: "255.255.255.255", steps: 1, want: "0.0.0.0" },
  ])("counts $steps from $from to $want", ({ from, steps, want }) => {
    expect(formatIpv4(addToIpv4(parseIpv4(from), steps))).toBe(want);
  });

  it("keeps addresses of the upper half positive, so that they compare", () => {
    expect(addToIpv4(limitedBroadcast, -1)).toBeGreaterThan(parseIpv4("10.0.0.1"));
  });
});
