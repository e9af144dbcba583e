import { describe, expect, it } from "vitest";
import { NewTrack } from "../../src/boot/loop.ts";
import { diagnosisLines, loopFinding } from "../../src/boot/loop-words.ts";

const loader = { kind: "loader", times: 3, file: "undionly.kpxe" } as const;

describe("loopFinding", () => {
  it.each([
    { loop: loader, track: { lacks: ["bzImage"], silentLoads: 0 }, want: /lacks bzImage/ },
    { loop: loader, track: { lacks: [], silentLoads: 3 }, want: /never starts it/ },
    { loop: loader, track: { lacks: [], silentLoads: 0 }, want: /never asks for its script/ },
    { loop: { kind: "script", times: 3 }, track: { lacks: [], silentLoads: 0 }, want: /no kernel/ },
    {
      loop: { kind: "install", times: 3 },
      track: { lacks: [], silentLoads: 0 },
      want: /installed/,
    },
  ] as const)("says of $loop.kind: $want", ({ loop, track, want }) => {
    const { code, sentence, cure } = loopFinding(loop, track);
    expect(code).toBe("boot.loop");
    expect(sentence).toMatch(want);
    expect(cure).not.toBe("");
  });
});

describe("diagnosisLines", () => {
  it("names what DHCP told, what is lacking and the other server", () => {
    const track = { ...NewTrack, lacks: ["HTTP"], told: "undionly.kpxe" };
    const other = {
      code: "dhcp.foreign-boot-file",
      sentence: "10.0.0.2 names pxelinux.0",
    } as const;
    const pool = { code: "dhcp.pool-low", sentence: "8 of 10" } as const;
    const text = diagnosisLines(loader, track, [other, pool]).join("\n");
    for (const part of [
      "3 times",
      "answer named undionly.kpxe",
      "lacks HTTP",
      "pxelinux.0",
      "Cure: ",
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain("8 of 10");
  });
});
