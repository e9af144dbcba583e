import { describe, expect, it } from "vitest";
import { renderMetadata } from "../../src/render/metadata.ts";

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
    { name: "numbers as Go does", from: { n: 1000000 }, want: "N=1e+06\n" },
    { name: "values raw", from: { k: 'a "b"\nc' }, want: 'K=a "b"\nc\n' },
    { name: "keys that differ only in case", from: { k: "2", K: "1" }, want: "K=1\nK=2\n" },
  ])("writes $name", ({ from, want }) => {
    expect(renderMetadata(from)).toBe(want);
  });
});
