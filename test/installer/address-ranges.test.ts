import { describe, expect, it } from "vitest";
import { addressRanges } from "../../src/installer/address-ranges.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";

describe("addressRanges", () => {
  it.each([
    { given: [], want: [] },
    { given: ["10.0.0.9"], want: ["10.0.0.9"] },
    { given: ["10.0.0.3", "10.0.0.1", "10.0.0.2"], want: ["10.0.0.1-10.0.0.3"] },
    { given: ["10.0.0.255", "10.0.1.0", "10.0.1.2"], want: ["10.0.0.255-10.0.1.0", "10.0.1.2"] },
    { given: ["10.0.0.1", "10.0.0.1"], want: ["10.0.0.1"] },
    { given: ["200.0.0.1", "9.0.0.1"], want: ["9.0.0.1", "200.0.0.1"] },
  ])("writes $given as $want", ({ given, want }) => {
    expect(addressRanges(given.map(parseIpv4))).toEqual(want);
  });
});
