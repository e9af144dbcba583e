import { describe, expect, it } from "vitest";
import {
  addSample,
  formatBytes,
  formatProgress,
  formatSeconds,
  type RateSample,
  rateOf,
} from "../../../src/assets/image/progress.ts";

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.00 kB"],
    [14_210_000, "14.2 MB"],
    [999_600_000, "1.00 GB"],
    [3_061_000_000, "3.06 GB"],
    [123_456_000_000_000_000, "123456 TB"],
  ])("%d", (bytes, want) => {
    expect(formatBytes(bytes)).toBe(want);
  });
});

describe("formatSeconds", () => {
  it.each([
    [0, "0 s"],
    [0.2, "1 s"],
    [59.9, "1m 0s"],
    [200, "3m 20s"],
    [7500, "2h 5m"],
  ])("%d", (seconds, want) => {
    expect(formatSeconds(seconds)).toBe(want);
  });
});

describe("the rate", () => {
  const sampled = (...rows: readonly (readonly [number, number])[]) => {
    const start: readonly RateSample[] = [];
    return rows.reduce((samples, [at, bytes]) => addSample(samples, { at, bytes }), start);
  };

  it("is unknown for the first half second", () => {
    expect(rateOf(sampled())).toBeUndefined();
    expect(rateOf(sampled([0, 0], [499, 1000]))).toBeUndefined();
  });

  it("is that of the last ten seconds", () => {
    expect(rateOf(sampled([0, 0], [1000, 500]))).toBe(500);
    const slowed = sampled([0, 0], [1000, 10_000], [11_000, 10_100], [21_000, 10_200]);
    expect(rateOf(slowed)).toBe(10);
    expect(slowed).toHaveLength(2);
  });
});

describe("formatProgress", () => {
  const row = { kind: "fetching", file: "rootfs.img", bytes: 500_000_000, resumed: 0 } as const;
  it.each([80, 100, 200])("fits %d columns", (columns) => {
    const line = formatProgress({ ...row, total: 1e9 }, 1e7, columns);
    expect(line).toMatch(/^rootfs\.img +█+·+ +50 % +500 MB +10\.0 MB\/s +50 s$/);
    expect(line.length).toBeLessThan(columns);
  });

  it("has no bar where there is no room or no end", () => {
    expect(formatProgress({ ...row, total: 1e9 }, 1e7, 70)).not.toContain("█");
    const open = formatProgress(row, undefined, 100);
    expect(open).toMatch(/^rootfs\.img +500 MB *$/);
  });

  it("keeps the end of a long name, and within a narrow terminal", () => {
    const file = `${"deep/".repeat(10)}vmlinuz`;
    expect(formatProgress({ ...row, file }, undefined, 100)).toMatch(/^….{20}vmlinuz {2}/);
    expect(formatProgress(row, 1, 20).length).toBeLessThan(20);
  });
});
