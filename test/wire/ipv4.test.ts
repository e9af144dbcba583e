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

  it.each(["", "10.0.0", "10.0.0.0.1", "10.0.0.256", "10.0.0.01", "10.0.0.-1", "0x0a.0.0.1", "a"])(
    "refuses '%s'",
    (text) => {
      expect(() => parseIpv4(text)).toThrow(WireError);
    },
  );
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
