import { expect, it } from "vitest";
import { pageOf } from "../../../src/assets/oci/page.ts";

const names = ["a", "b", "c", "d"];

it.each([
  [null, null, { names }],
  ["2", null, { names: ["a", "b"], next: "n=2&last=b" }],
  ["2", "b", { names: ["c", "d"] }],
  ["9", "b", { names: ["c", "d"] }],
  ["1", "bb", { names: ["c"], next: "n=1&last=c" }],
  [null, "d", { names: [] }],
  ["0", null, { names: [] }],
  ["x", null, { kind: "bad-number" }],
  ["-1", null, { kind: "bad-number" }],
])("n=%s, last=%s", (n, last, want) => {
  expect(pageOf(names, { n, last })).toEqual({ kind: "page", ...want });
});

it("gives at most a thousand, however many are asked for", () => {
  const many = Array.from({ length: 1500 }, (_, at) => String(10_000 + at));
  expect(pageOf(many, { n: "5000", last: null })).toMatchObject({ next: "n=1000&last=10999" });
});
