import fc from "fast-check";
import { expect, it } from "vitest";
import { decideRange } from "../../src/http/range.ts";

it.each([
  { header: "bytes=0-0", size: 10, want: { kind: "part", first: 0, last: 0 } },
  { header: "bytes= 2 - 4 ", size: 10, want: { kind: "part", first: 2, last: 4 } },
  { header: "bytes=9-", size: 10, want: { kind: "part", first: 9, last: 9 } },
  { header: "bytes=-0", size: 10, want: { kind: "unsatisfiable" } },
  { header: "bytes=5-6", size: 0, want: { kind: "whole" } },
  { header: "bytes=", size: 10, want: { kind: "whole" } },
  { header: "bytes=0-1,3-4", size: 10, want: { kind: "whole" } },
  { header: "bytes=-", size: 10, want: { kind: "malformed-range" } },
  { header: "bytes=a-b", size: 10, want: { kind: "malformed-range" } },
  { header: "bytes=--1", size: 10, want: { kind: "malformed-range" } },
  { header: "bytes=0-99999999999999999999", size: 10, want: { kind: "malformed-range" } },
  { header: "Bytes=0-1", size: 10, want: { kind: "malformed-range" } },
])("$header of $size bytes is $want.kind", ({ header, size, want }) => {
  expect(decideRange(header, size)).toEqual(want);
});

it("never leaves the file, whatever is asked", () => {
  const headers = fc.string({ unit: fc.constantFrom("bytes=", "-", "0", "7", "99", ",", " ") });
  const stays = (header: string, size: number) => {
    const range = decideRange(header, size);
    if (range.kind !== "part") return;
    expect(range.first).toBeGreaterThanOrEqual(0);
    expect(range.last).toBeGreaterThanOrEqual(range.first);
    expect(range.last).toBeLessThan(size);
  };
  fc.assert(fc.property(headers, fc.nat(100), stays));
});
