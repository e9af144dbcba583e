import { describe, expect, it } from "vitest";
import {
  decideAdmission,
  hotLimits,
  type Kept,
  sliceAt,
  sliceBytes,
} from "../../src/assets/hot-budget.ts";

const limits = { bytesMax: 100, fileBytesMax: 75 };
const kept = (files: Readonly<Record<string, Kept>>) => new Map(Object.entries(files));
const idle = (size: number): Kept => ({ size, readers: 0 });
const busy = (size: number): Kept => ({ size, readers: 1 });

describe("decideAdmission", () => {
  const cases = [
    { name: "keeps what fits", size: 60, files: { a: idle(40) }, want: { kind: "keep", drop: [] } },
    {
      name: "lets the least recently used go first, and no more than it must",
      size: 30,
      files: { old: idle(40), mid: idle(30), new: idle(30) },
      want: { kind: "keep", drop: ["old"] },
    },
    {
      name: "passes over what is being sent",
      size: 30,
      files: { old: busy(40), mid: idle(30), new: idle(30) },
      want: { kind: "keep", drop: ["mid"] },
    },
    {
      name: "streams where all is being sent",
      size: 30,
      files: { a: busy(50), b: busy(40) },
      want: { kind: "stream", reason: "no-room" },
    },
    {
      name: "streams what would push out everything else",
      size: 76,
      files: {},
      want: { kind: "stream", reason: "too-large" },
    },
    { name: "keeps the largest allowed", size: 75, files: {}, want: { kind: "keep", drop: [] } },
    {
      name: "has nothing to keep of an empty file",
      size: 0,
      files: {},
      want: { kind: "stream", reason: "empty" },
    },
  ] as const;
  it.each(cases)("$name", ({ size, files, want }) => {
    expect(decideAdmission(size, kept(files), limits)).toEqual(want);
  });

  it("keeps nothing with a budget of nothing", () => {
    const none = hotLimits(1e9, 0);
    expect(decideAdmission(1, kept({}), none)).toEqual({ kind: "stream", reason: "too-large" });
  });
});

describe("hotLimits", () => {
  it.each([
    { memory: 1 << 30, budget: undefined, want: 1 << 28 },
    { memory: 64 * 2 ** 30, budget: undefined, want: 2 ** 31 },
    { memory: 1 << 30, budget: 5000, want: 5000 },
  ])("takes a quarter of the memory, no more than 2 GiB, or what is set", (row) => {
    expect(hotLimits(row.memory, row.budget).bytesMax).toBe(row.want);
  });
});

it("finds the slice of a byte", () => {
  expect(sliceAt(0)).toEqual({ index: 0, start: 0 });
  expect(sliceAt(sliceBytes - 1)).toEqual({ index: 0, start: sliceBytes - 1 });
  expect(sliceAt(3 * sliceBytes + 5)).toEqual({ index: 3, start: 5 });
});
