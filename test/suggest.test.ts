import { describe, expect, it } from "vitest";
import { suggest } from "../src/suggest.ts";

describe("suggest", () => {
  const cases = [
    { word: "pols", known: ["pools", "router"], want: "pools" },
    { word: "Mode", known: ["mode"], want: "mode" },
    { word: "interface", known: ["interfaces", "user"], want: "interfaces" },
    { word: "zebra", known: ["pools", "router"], want: undefined },
    { word: "x", known: [], want: undefined },
  ];
  it.each(cases)("for $word says $want", ({ word, known, want }) => {
    expect(suggest(word, known)).toBe(want);
  });
});
