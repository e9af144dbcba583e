import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/boot/json-value.ts";
import { knownDifference, renderAnswer } from "../../support/go-template.ts";

type Row = readonly [template: string, text: string | null, error?: string];
type Corpus = { readonly go: string; readonly data: JsonObject; readonly cases: readonly Row[] };

const corpus = readJson<Corpus>("corpus.json");

/** What the reference server (Go 1.27) answers: the body, or null where it says 404. */
type Reference = {
  readonly metadata: JsonObject;
  readonly cases: readonly (readonly [template: string, body: string | null, needs?: "1.22"])[];
};

const reference = readJson<Reference>("reference.json");

describe(`a template says what go ${corpus.go} says`, () => {
  it.each(corpus.cases.map(([template, text, error]) => ({ template, text, error })))(
    "$template",
    ({ template, text, error }) => {
      const answer = renderAnswer(template, corpus.data);
      if (error === undefined) expect(answer).toEqual({ text });
      else if (!knownDifference(error)) expect(answer.error).toBe(error);
      else expect(answer.error).toMatch(/^template: /);
    },
  );
});

describe("a template says what the reference server says", () => {
  it.each(reference.cases.map(([template, body]) => ({ template, body })))(
    "$template",
    ({ template, body }) => {
      const { text, error } = renderAnswer(template, reference.metadata);
      expect(error === undefined ? text : null).toBe(body);
    },
  );
});

function readJson<T>(name: string): T {
  return JSON.parse(readFileSync(resolve(import.meta.dirname, name), "utf8")) as T; // checked in
}
