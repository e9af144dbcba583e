import { describe, expect, it } from "vitest";
import { quantile, runRounds } from "./series.ts";
import { formatTable } from "./table.ts";

describe("quantile", () => {
  const rows = [
    { name: "the median of an odd number", samples: [9, 1, 5], share: 0.5, want: 5 },
    { name: "the median of an even number", samples: [4, 1, 2, 9], share: 0.5, want: 3 },
    { name: "the least", samples: [4, 1, 2], share: 0, want: 1 },
    { name: "the most", samples: [4, 1, 2], share: 1, want: 4 },
    { name: "a share between two samples", samples: [0, 10], share: 0.99, want: 9.9 },
  ];
  it.each(rows)("is $name", ({ samples, share, want }) => {
    expect(quantile(samples, share)).toBeCloseTo(want, 9);
  });

  it("is no number where there is no sample", () => {
    expect(quantile([], 0.5)).toBeNaN();
  });
});

describe("runRounds", () => {
  const contenders = [{ name: "a" }, { name: "b" }];

  it("puts a contender's own target before the metric's", async () => {
    const series = await runRounds(
      {
        name: "walk",
        what: "steps",
        metrics: [{ name: "rate", unit: "1/s", target: 9, wants: "more" }],
        contenders: [{ name: "a", targets: { rate: 3 } }, { name: "b" }],
        rounds: 1,
        measure: async () => ({ rate: 1 }),
      },
      () => {},
    );
    expect(series.map(({ target, wants }) => [target, wants])).toEqual([
      [3, "more"],
      [9, "more"],
    ]);
  });

  it("lets contenders take turns and sorts what they did by metric", async () => {
    const order: string[] = [];
    const series = await runRounds(
      {
        name: "walk",
        what: "steps",
        metrics: [
          { name: "left", unit: "ms", target: 9 },
          { name: "right", unit: "ms" },
        ],
        contenders,
        rounds: 2,
        async measure({ name }) {
          order.push(name);
          return { left: order.length, right: -order.length };
        },
      },
      () => {},
    );
    expect(order).toEqual(["a", "b", "a", "b"]);
    expect(series).toEqual([
      { bench: "walk", metric: "left", unit: "ms", target: 9, contender: "a", samples: [1, 3] },
      { bench: "walk", metric: "left", unit: "ms", target: 9, contender: "b", samples: [2, 4] },
      { bench: "walk", metric: "right", unit: "ms", contender: "a", samples: [-1, -3] },
      { bench: "walk", metric: "right", unit: "ms", contender: "b", samples: [-2, -4] },
    ]);
  });
});

describe("formatTable", () => {
  it("shows median and spread, three digits, and says where nothing was measured", () => {
    const series = { bench: "walk", unit: "ms", contender: "a" } as const;
    const table = formatTable([
      { ...series, metric: "left", target: 1000, samples: [123.4, 12.34, 1.234] },
      { ...series, metric: "right", samples: [Number.NaN] },
      { ...series, metric: "rate", unit: "1/s", wants: "more", target: 9, samples: [8] },
    ]);
    expect(table).toBe(
      [
        "| what            | contender | median | least | most | target |",
        "|-----------------|-----------|-------:|------:|-----:|-------:|",
        "| walk: left, ms  | a         |   12.3 |  1.23 |  123 | ≤ 1000 |",
        "| walk: right, ms | a         |   none |  none | none |        |",
        "| walk: rate, 1/s | a         |   8.00 |  8.00 | 8.00 |    ≥ 9 |",
        "",
      ].join("\n"),
    );
  });
});
