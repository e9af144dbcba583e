import { expect, it } from "vitest";
import { renderAnswer } from "../../support/go-template.ts";
import { Dice, randomData, randomTemplate } from "../../support/random-template.ts";

const packets = Number(process.env["FUZZ_PACKETS"] ?? 20_000);
const firstSeed = Number(process.env["FUZZ_SEED"] ?? 1);

it(`renders or refuses ${packets} templates, and nothing else`, () => {
  let rendered = 0;
  for (let seed = firstSeed; seed < firstSeed + packets; seed++) {
    const template = randomTemplate(new Dice(seed));
    try {
      if (renderAnswer(template, randomData).error === undefined) rendered++;
    } catch (error) {
      throw new Error(`seed ${seed}: ${JSON.stringify(template)}`, { cause: error });
    }
  }
  // Were most refused, nothing but the parser would have been tried.
  expect(rendered).toBeGreaterThan(packets / 3);
});
