import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/boot/json-value.ts";
import { knownDifference, renderAnswer } from "../../support/go-template.ts";

/** A template, its text or null for an error, and then Go's words. */
type Row = readonly [template: string, text: string | null, error?: string];

/** By Go 1.19: `node scripts/go-template-corpus.ts` asks again. */
const corpus = readRows<Row>("corpus.jsonl");

/**
 * By the reference server, built with Go 1.27: the body, or null where it says 404, and the Go that
 * a row needs where 1.19 does not know it yet.
 */
const reference =
  readRows<readonly [template: string, body: string | null, needs?: "1.22"]>("reference.jsonl");

describe(`a template says what go ${corpus.go} says`, () => {
  it.each(corpus.rows.map(([template, text, error]) => ({ template, text, error })))(
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
  it.each(reference.rows.map(([template, body]) => ({ template, body })))(
    "$template",
    ({ template, body }) => {
      const { text, error } = renderAnswer(template, reference.data);
      expect(error === undefined ? text : null).toBe(body);
    },
  );
});

// The version and the data, then a row a line. The files are checked in, so their types are known.
function readRows<T>(name: string) {
  const text = readFileSync(resolve(import.meta.dirname, name), "utf8");
  const [head = "", ...rows] = text.trimEnd().split("\n");
  const { go, data } = JSON.parse(head) as { go: string; data: JsonObject };
  return { go, data, rows: rows.map((row) => JSON.parse(row) as T) };
}
