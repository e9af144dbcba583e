import { expect, it } from "vitest";
import { ProxyMemory } from "../../src/dhcp/proxy-memory.ts";
import type { BindingKey } from "../../src/dhcp/request.ts";

const key = (number: number) => `client ${number}` as BindingKey;
const trial = (at: number) => ({ form: "direct", at, unanswered: 1 }) as const;

it("keeps the last trial of a client", () => {
  const memory = new ProxyMemory();
  memory.keep(key(1), trial(10));
  memory.keep(key(1), trial(20));
  expect(memory.trialOf(key(1))).toEqual(trial(20));
  expect(memory.trialOf(key(2))).toBeUndefined();
});

it("holds 4096 clients and lets the one heard longest ago go first", () => {
  const memory = new ProxyMemory();
  for (let number = 0; number < 4096; number += 1) memory.keep(key(number), trial(number));
  memory.keep(key(0), trial(5000)); // again: now the newest
  memory.keep(key(4096), trial(5001));
  expect(memory.trialOf(key(1))).toBeUndefined();
  expect(memory.trialOf(key(0))).toBeDefined();
});
