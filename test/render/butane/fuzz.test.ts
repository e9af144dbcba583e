import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { ButaneError } from "../../../src/render/butane/error.ts";
import { translateButane } from "../../../src/render/butane/translate.ts";
import { localOptions } from "../../support/butane-local.ts";

// A document costs some thousand times what a packet does.
const documents = Math.ceil(Number(process.env["FUZZ_PACKETS"] ?? 50_000) / 20);
const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);
const folder = join(import.meta.dirname, "cases");
const seeds = readdirSync(folder)
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => readFileSync(join(folder, file), "utf8"));
const pieces = seeds.flatMap((text) => text.split(/(?<=\s)/));

type Outcome = "translated" | "refused";

it(`answers ${documents} mangled documents with Ignition or reports (seed ${seed})`, () => {
  const random = mulberry(seed);
  const outcomes: Record<Outcome, number> = { translated: 0, refused: 0 };
  for (let count = 0; count < documents; count += 1) {
    const text = mangle(random);
    outcomes[translate(text, `seed ${seed}, document ${count}: ${JSON.stringify(text)}`)] += 1;
  }
  if (documents >= 1_000) {
    expect(Math.min(...Object.values(outcomes)), JSON.stringify(outcomes)).toBeGreaterThan(50);
  }
});

it("throws nothing but ButaneError for any text", () => {
  const value = fc.oneof(fc.string(), fc.json(), fc.constantFrom("[", "{a: ", "- ", "&a [*a]"));
  fc.assert(
    fc.property(value, fc.integer({ min: 1, max: 20 }), (text, times) => {
      translate(`variant: fcos\nversion: 1.5.0\nstorage: ${text.repeat(times)}`, text);
      translate(text.repeat(times), text);
    }),
    { numRuns: 300, seed },
  );
});

it.each([
  { name: "brackets in brackets", text: `variant: fcos\nversion: 1.5.0\nx: ${"[".repeat(50_000)}` },
  {
    name: "aliases of aliases",
    text: [
      "variant: fcos",
      "version: 1.5.0",
      "a: &a0 [x, x]",
      ...Array.from({ length: 30 }, (_, n) => `b${n}: &a${n + 1} [*a${n}, *a${n}]`),
    ].join("\n"),
  },
  {
    name: "an alias of itself",
    text: "variant: fcos\nversion: 1.5.0\nstorage: &a { files: [*a] }",
  },
  { name: "a merge of itself", text: "variant: fcos\nversion: 1.5.0\nstorage: &a { <<: *a }" },
  { name: "too much text", text: `variant: fcos\nversion: 1.5.0\n#${"x".repeat(5_000_000)}` },
])("refuses $name soon", ({ text }) => {
  expect(translate(text, "")).toBe("refused");
});

function translate(text: string, where: string): Outcome {
  try {
    const { ignition } = translateButane(text, localOptions);
    expect(JSON.parse(ignition), where).toHaveProperty("ignition.version");
    return "translated";
  } catch (error) {
    if (error instanceof ButaneError) return "refused";
    throw new Error(where, { cause: error });
  }
}

function mangle(random: () => number): string {
  const below = (limit: number) => Math.floor(random() * limit);
  const text = seeds[below(seeds.length)] ?? "";
  const words = text.split(/(?<=\s)/);
  for (let times = 1 + below(3); times > 0; times -= 1) {
    const at = below(words.length);
    const piece = pieces[below(pieces.length)] ?? "";
    const odd = ["~", "[]", "{}", "- ", "&a ", "*a", '"', "\u0000", "\t", "1e999", piece];
    words.splice(at, below(2), odd[below(odd.length)] ?? "");
  }
  return words.join("");
}

function mulberry(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
