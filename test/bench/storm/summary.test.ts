import { describe, expect, it } from "vitest";
import { formatStorms } from "./report.ts";
import { summarize } from "./summary.ts";

const facts = { wallMs: 2000, repeats: 1, cpuMs: 10 };
const whole = { stages: { dhcp: 10, kernel: 30 }, digests: ["a", "b"], bytes: 5 };

describe("summarize", () => {
  it("counts failures, tells each reason once and takes quantiles of what was reached", () => {
    const broken = { stages: { dhcp: 20 }, digests: [], bytes: 0, failure: "stalled" };
    const summary = summarize([whole, whole, broken, broken], facts);
    expect(summary).toMatchObject({ machines: 4, failures: 2, reasons: ["stalled"], bytes: 10 });
    expect(summary.stages.dhcp.p50).toBe(15);
    expect(summary.stages.kernel.p99).toBe(30);
    expect(summary.digests).toEqual(["a", "b"]);
  });
});

describe("formatStorms", () => {
  it("gives a row to each number of machines and contender, medians over rounds", () => {
    const storm = (contender: string, wallMs: number) => ({
      contender,
      clients: 10,
      megabytes: 75,
      summary: summarize([whole], { ...facts, wallMs }),
      server: { cpuMs: 100, peakMb: 50 },
    });
    const text = formatStorms([storm("a", 1000), storm("b", 9000), storm("a", 3000)]);
    expect(text.split("\n").slice(2, 4)).toEqual([
      expect.stringMatching(/^\| 10 \| 75 \| a \| 2.00 \| 0 \| 10 \/ 10 \|/),
      expect.stringMatching(/^\| 10 \| 75 \| b \| 9.00 \| 0 /),
    ]);
  });
});
