import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideNextTry, type Try } from "../../../src/assets/image/attempts.ts";

const broke = (url: number, gained = 0, waitMs?: number): Try => {
  return { url, outcome: "broke", gained, waitMs };
};
const refused = (url: number): Try => ({ url, outcome: "refused", gained: 0 });

describe("decideNextTry", () => {
  it.each([
    { name: "begins with the first", tries: [], want: { url: 0, waitMs: 0 } },
    { name: "goes on at once where bytes came", tries: [broke(0, 9)], want: { url: 0, waitMs: 0 } },
    { name: "waits a second", tries: [broke(0)], want: { url: 0, waitMs: 1000 } },
    { name: "and then two", tries: [broke(0), broke(0)], want: { url: 0, waitMs: 2000 } },
    {
      ...{ name: "leaves after three that brought nothing", want: { url: 1, waitMs: 0 } },
      tries: [broke(0), broke(0), broke(0)],
    },
    {
      ...{ name: "counts anew where bytes came", want: { url: 0, waitMs: 1000 } },
      tries: [broke(0), broke(0), broke(0, 9), broke(0)],
    },
    { name: "waits as it was asked to", tries: [broke(0, 0, 7)], want: { url: 0, waitMs: 7 } },
    { name: "leaves one that refuses", tries: [refused(0)], want: { url: 1, waitMs: 0 } },
    { name: "counts for each", tries: [broke(0), refused(0), broke(1)], want: { url: 1 } },
    { name: "gives up behind the last", tries: [refused(1)], want: { kind: "give-up" } },
  ])("$name", ({ tries, want }) => {
    expect(decideNextTry(tries, 2)).toMatchObject(want);
  });

  it("has nothing to try without a URL", () => {
    expect(decideNextTry([], 0)).toEqual({ kind: "give-up" });
  });

  it("ends, whatever happens", () => {
    const outcomes = fc.constantFrom<Pick<Try, "outcome" | "gained">>(
      ...[{ outcome: "broke", gained: 1 } as const, { outcome: "broke", gained: 0 } as const],
      { outcome: "refused", gained: 0 },
    );
    fc.assert(
      fc.property(fc.array(outcomes, { minLength: 250, maxLength: 250 }), (all) => {
        const tries: Try[] = [];
        for (const outcome of all) {
          const next = decideNextTry(tries, 3);
          if (next.kind === "give-up") return;
          tries.push({ ...outcome, url: next.url });
        }
        throw new Error("tries for ever");
      }),
    );
  });
});
