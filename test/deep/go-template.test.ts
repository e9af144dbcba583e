import { describe, expect, it } from "vitest";
import { askGo, goVersion } from "../../scripts/go-template-corpus/oracle.ts";
import { knownDifference, renderAnswer } from "../support/go-template.ts";
import { Dice, randomData, randomTemplate } from "../support/random-template.ts";

const rounds = Number(process.env["FUZZ_ROUNDS"] ?? 20);
const firstSeed = Number(process.env["FUZZ_SEED"] ?? Date.now());
const roundSize = 10_000;

const version = goVersion();
const title = version === undefined ? "skipped: there is no go here" : `go ${version}`;

describe.skipIf(version === undefined)(`random templates, against ${title}`, () => {
  it.each(Array.from({ length: rounds }, (_, round) => firstSeed + round * roundSize))(
    "from seed %d",
    (start) => {
      const questions = Array.from({ length: roundSize }, (_, index) => ({
        template: randomTemplate(new Dice(start + index)),
        data: randomData,
      }));
      askGo(questions).forEach((go, index) => {
        const { template } = questions[index] ?? { template: "" };
        const ours = renderAnswer(template, randomData);
        if (isKnown(go.error) || isKnown(ours.error)) return;
        expect(ours, `seed ${start + index}: ${template}`).toEqual(go);
      });
    },
  );
});

// The slips of a random pen meet more of Go's oddities than people do: a point that ends the text is
// half a number there, and an error in a block names the line of its beginning.
function isKnown(error = ""): boolean {
  return (
    knownDifference(error) || /unexpected right paren|in block clause|operand$|gave up$/.test(error)
  );
}
