import { describe, expect, it } from "vitest";
import { decideSpace } from "../../../src/assets/image/space.ts";

describe("decideSpace", () => {
  const reserve = 64 << 20;
  it.each([
    { name: "what just fits", free: 1000 + reserve, wanted: 1000, want: "enough" },
    { name: "what does not", free: 999 + reserve, wanted: 1000, want: "too-little" },
    { name: "what nobody told the size of", free: 0, wanted: undefined, want: "enough" },
  ])("$name", ({ free, wanted, want }) => {
    expect(decideSpace(free, wanted).kind).toBe(want);
  });

  it("says what is wanted, what there is and what helps", () => {
    expect(decideSpace(2e9, 3.5e9)).toMatchObject({
      sentence: "want 3.50 GB and 67.1 MB to spare, got 2.00 GB free: kindling image gc makes room",
    });
  });
});
