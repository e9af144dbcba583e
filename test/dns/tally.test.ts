import { expect, it } from "vitest";
import { Tally } from "../../src/dns/tally.ts";
import { FakeClock } from "../support/fake-clock.ts";

it("reports a window once, with its count and its last", () => {
  const clock = new FakeClock();
  const reports: string[] = [];
  const tally = new Tally<string>(clock, 10_000, (count, last) => reports.push(`${count} ${last}`));
  for (const what of ["a", "b", "c"]) tally.note(what);
  clock.step(9_999);
  expect(reports).toEqual([]);
  clock.step(1);
  clock.step(60_000);
  tally.note("d");
  clock.step(10_000);
  expect(reports).toEqual(["3 c", "1 d"]);
});

it("is silent once disposed of", () => {
  const clock = new FakeClock();
  const reports: number[] = [];
  const tally = new Tally<string>(clock, 10_000, (count) => reports.push(count));
  tally.note("a");
  tally[Symbol.dispose]();
  clock.step(60_000);
  expect(reports).toEqual([]);
});
