import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatFloat, renderMetadata } from "../../src/render/metadata.ts";

describe("formatFloat", () => {
  it.each([
    [0, "0"],
    [-0, "-0"],
    [1, "1"],
    [-1.5, "-1.5"],
    [8080, "8080"],
    [100000, "100000"],
    [999999, "999999"],
    [1000000, "1e+06"],
    [1234567, "1.234567e+06"],
    [123456789012, "1.23456789012e+11"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [1e20, "1e+20"],
    [1e100, "1e+100"],
    [5e-324, "5e-324"],
    [0.1, "0.1"],
  ])("prints %d as %s", (value, want) => {
    expect(formatFloat(value)).toBe(want);
  });

  it("prints digits that read back the same", () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(fc.property(finite, (value) => Object.is(Number(formatFloat(value)), value)));
  });
});

describe("renderMetadata", () => {
  it.each([
    { name: "leaves of every kind", from: { s: "x", b: false, n: 2 }, want: "B=false\nN=2\nS=x\n" },
    { name: "no lists, nulls and empty objects", from: { l: [1], n: null, o: {} }, want: "" },
    { name: "nested objects", from: { a: { b: { c: "x" } } }, want: "A_B_C=x\n" },
    {
      name: "odd keys as they are",
      from: { "with space": "", "dash-é": "1" },
      want: "DASH-É=1\nWITH SPACE=\n",
    },
    { name: "letters that have no single capital", from: { straße: "1" }, want: "STRAßE=1\n" },
    { name: "values raw", from: { k: 'a "b"\nc' }, want: 'K=a "b"\nc\n' },
    { name: "keys that differ only in case", from: { k: "2", K: "1" }, want: "K=1\nK=2\n" },
  ])("writes $name", ({ from, want }) => {
    expect(renderMetadata(from)).toBe(want);
  });
});
