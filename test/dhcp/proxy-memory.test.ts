import { expect, it } from "vitest";
import { ProxyMemory } from "../../src/dhcp/proxy-memory.ts";
import type { BindingKey } from "../../src/dhcp/request.ts";

const key = (number: number) => `client ${number}` as BindingKey;
const answered = (number: number, at: number) =>
  ({ kind: "answered", key: key(number), attempt: { form: "direct", at } }) as const;

it("remembers the last answer until it is settled", () => {
  const memory = new ProxyMemory();
  memory.apply(answered(1, 10));
  memory.apply(answered(1, 20));
  expect(memory.attemptOf(key(1))).toEqual({ form: "direct", at: 20 });
  memory.apply({ kind: "settled", key: key(1) });
  expect(memory.attemptOf(key(1))).toBeUndefined();
});

it("holds 4096 clients and lets the one answered longest ago go first", () => {
  const memory = new ProxyMemory();
  for (let number = 0; number < 4096; number += 1) memory.apply(answered(number, number));
  memory.apply(answered(0, 5000)); // again: now the newest
  memory.apply(answered(4096, 5001));
  expect(memory.attemptOf(key(1))).toBeUndefined();
  expect(memory.attemptOf(key(0))).toBeDefined();
});
