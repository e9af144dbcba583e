import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { drawRecording } from "../../scripts/waterfall-svg.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const recording = read("test/fixtures/uefi-boot.jsonl");

describe("drawRecording", () => {
  it("is docs/waterfall.svg; node scripts/picture.ts makes it", () => {
    expect(read("docs/waterfall.svg")).toBe(drawRecording(recording));
  });

  it("draws a bar for each step inside the picture", () => {
    const svg = drawRecording(recording);
    const [, width = ""] = /viewBox="0 0 (\d+) /.exec(svg) ?? [];
    const bars = [...svg.matchAll(/<rect class="bar" x="([\d.]+)" y="\d+" width="([\d.]+)"/g)];
    expect(bars).toHaveLength(11);
    for (const [, x, wide] of bars) {
      expect(Number(x) + Number(wide)).toBeLessThanOrEqual(Number(width));
    }
  });

  it("leaves out what the lab says besides, and writes text that XML can hold", () => {
    const step = '{"kind":"step","sentence":"powering on"}\n';
    const svg = drawRecording(step + recording.replace('"stage":"up"', '"stage":"<a&b>"'));
    expect(svg).toContain(">&lt;a&amp;b&gt;</text>");
    expect(svg).not.toContain("powering");
  });

  it("refuses a recording without a machine", () => {
    expect(() => drawRecording("")).toThrow("want the events of a machine's boot, got none");
  });
});
