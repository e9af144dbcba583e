import { expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import { parseGroup, parseProfile } from "../../src/store/parse.ts";

const packets = Number(process.env["FUZZ_PACKETS"] ?? 50_000);
const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);

const Seeds = [
  '{"id": "g", "name": "n", "profile": "p", "selector": {"mac": "52:54:00:00:00:01", "os": "x"},',
  ' "metadata": {"a": [1, -2.5e3, null, true], "b": {"c": "\\u00e9\\n"}}}',
  '{"id": "p", "boot": {"kernel": "/k", "initrd": ["/a"], "args": ["b=c"]}, "ignition_id": "x.ign"}',
];
const Pieces = [
  '"',
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "\\",
  "\\u",
  "null",
  "1e",
  "-",
  "\0",
  "\ud800",
  "mac",
];

/** Numbers below `limit`, the same for the same seed (xorshift32). */
function randomFrom(start: number): (limit: number) => number {
  let state = start | 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

function mutate(text: string, random: (limit: number) => number): string {
  let mutated = text;
  for (let rounds = 1 + random(5); rounds > 0; rounds -= 1) {
    const at = random(mutated.length + 1);
    const piece = Pieces[random(Pieces.length)] ?? "";
    const cut = random(3) === 0 ? random(mutated.length + 1) : random(3);
    mutated = mutated.slice(0, at) + piece + mutated.slice(at + cut);
  }
  return mutated;
}

it(`takes or refuses any file and never fails otherwise (seed ${seed})`, () => {
  const random = randomFrom(seed);
  const whole = `${Seeds[0]}${Seeds[1]}`;
  let refused = 0;
  for (let count = 0; count < packets; count += 1) {
    const text = mutate(count % 2 === 0 ? whole : (Seeds[2] ?? ""), random);
    for (const parse of [parseGroup, parseProfile]) {
      try {
        parse("f", text);
      } catch (error) {
        refused += 1;
        if (!(error instanceof WireError))
          throw new Error(`seed ${seed}: ${text}`, { cause: error });
      }
    }
  }
  expect(refused).toBeGreaterThan(packets / 4);
});
