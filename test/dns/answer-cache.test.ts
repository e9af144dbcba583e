import { beforeEach, expect, it } from "vitest";
import { AnswerCache, cachedAnswersMax } from "../../src/dns/answer-cache.ts";
import type { ForeignAnswer } from "../../src/dns/foreign-answer.ts";

const answer = (keep: number, bytes = 10): ForeignAnswer => ({
  ...{ rcode: 0, answers: 1, authorities: 0, ttls: [], pointsInside: false },
  body: new Uint8Array(bytes),
  keep,
});
let cache: AnswerCache;
beforeEach(() => {
  cache = new AnswerCache();
  cache.keep("a", answer(60), 1000);
});

it("tells an answer's age, until it is too old", () => {
  expect(cache.find("a", 1000)?.age).toBe(0);
  expect(cache.find("a", 60_999)?.age).toBe(59);
  expect(cache.find("a", 61_000)).toBeUndefined();
  expect(cache.find("b", 1000)).toBeUndefined();
});

it("keeps nothing when the clock was set back", () => {
  expect(cache.find("a", 0)).toBeUndefined();
  expect(cache.size).toBe(0);
});

it("keeps no answer that must not be kept, nor one that is huge", () => {
  cache.keep("zero", answer(0), 0);
  cache.keep("huge", answer(60, 5000), 0);
  expect(cache.size).toBe(1);
});

it("loses first what was asked longest ago", () => {
  cache.keep("b", answer(60), 1000);
  cache.find("a", 1000);
  for (let at = 0; at < cachedAnswersMax - 1; at += 1) cache.keep(`n${at}`, answer(60), 1000);
  expect(cache.size).toBe(cachedAnswersMax);
  expect(cache.find("a", 1000)).toBeDefined();
  expect(cache.find("b", 1000)).toBeUndefined();
});
