import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import { formatPcap, parsePcap } from "../../src/lab/pcap.ts";

const frame = (at: number, hex: string) => ({ at, bytes: Buffer.from(hex, "hex") });

describe("parsePcap", () => {
  it("gives back what formatPcap wrote", () => {
    const frames = fc.array(
      fc.record({
        at: fc.nat(2 ** 31).map((ms) => ms * 1000),
        bytes: fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
      }),
    );
    fc.assert(
      fc.property(frames, (written) => {
        expect(parsePcap(Buffer.from(formatPcap(written)))).toEqual(written);
      }),
    );
  });

  it("reads big endian files in nanoseconds", () => {
    const head = "a1b23c4d0002000400000000000000000000ffff00000001";
    const file = Buffer.from(`${head}000000021dcd65000000000200000002beef`, "hex");
    expect(parsePcap(file)).toEqual([frame(2500, "beef")]);
  });

  it("leaves out a record that is still being written", () => {
    const whole = formatPcap([frame(1, "aa"), frame(2, "bbcc")]);
    expect(parsePcap(whole.subarray(0, whole.length - 1))).toEqual([frame(1, "aa")]);
  });

  const refused = [
    { name: "an empty file", hex: "" },
    { name: "another magic number", hex: "00".repeat(24) },
    { name: "a capture that is not Ethernet", hex: `d4c3b2a1020004${"00".repeat(13)}71000000` },
    {
      name: "a record of a gigabyte",
      hex: `d4c3b2a1020004${"00".repeat(13)}01000000${"00".repeat(8)}0000004000000000`,
    },
  ];
  it.each(refused)("refuses $name", ({ hex }) => {
    expect(() => parsePcap(Buffer.from(hex, "hex"))).toThrow(WireError);
  });
});
