import { beforeEach, expect, it } from "vitest";
import type { Zones } from "../../src/dns/decide.ts";
import { answerAgain, HotAnswers, hotAnswersMax } from "../../src/dns/hot-answers.ts";
import { parseName } from "../../src/dns/name.ts";
import { queryBytes } from "../support/dns.ts";

const emptyZones = (): Zones => new Map([]);
const zones = emptyZones();
const answer = {
  bytes: Uint8Array.of(1, 2, 3),
  name: parseName("a.lan"),
  source: parseName("a.lan"),
  type: "A",
  reason: "answered",
  rcode: 0,
};
let hot: HotAnswers;
beforeEach(() => {
  hot = new HotAnswers();
});

const found = (query: Uint8Array, kind = "udp", of = zones) =>
  hot.find(of, query, kind) !== undefined;

it("finds the same question under another id, and nothing else", () => {
  hot.keep(zones, queryBytes("a.lan", "A", { id: 1 }), { kind: "udp", answer });
  expect(found(queryBytes("a.lan", "A", { id: 2 }))).toBe(true);
  expect(found(queryBytes("A.lan"))).toBe(false);
  expect(found(queryBytes("a.lan", "AAAA"))).toBe(false);
  expect(found(queryBytes("a.lan", "A", { edns: {} }))).toBe(false);
  expect(found(queryBytes("a.lan", "A", { recursionDesired: false }))).toBe(false);
  expect(found(queryBytes("a.lan"), "tcp")).toBe(false);
  expect(found(queryBytes("a.lan"), "udp", emptyZones())).toBe(false);
});

it("neither finds nor keeps what is shorter than a header or long", () => {
  for (const query of [new Uint8Array(0), new Uint8Array(11), new Uint8Array(129)]) {
    hot.keep(zones, query, { kind: "udp", answer });
    expect(found(query)).toBe(false);
  }
});

it("starts over when it is full", () => {
  const query = (at: number) => queryBytes(`n${at}.lan`);
  for (let at = 0; at <= hotAnswersMax; at += 1)
    hot.keep(zones, query(at), { kind: "udp", answer });
  expect(found(query(0))).toBe(false);
  expect(found(query(hotAnswersMax))).toBe(true);
});

it("gives the answer under the id of who asks", () =>
  expect([...answerAgain(answer, Uint8Array.of(8, 9, 0))]).toEqual([8, 9, 3]));
