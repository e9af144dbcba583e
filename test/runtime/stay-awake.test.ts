import { describe, expect, it } from "vitest";
import { StayAwake } from "../../src/runtime/stay-awake.ts";

/** The loop and its time, turned by hand; each turn takes 1 ms. */
function open() {
  let now = 0;
  const tasks: (() => void)[] = [];
  const awake = new StayAwake(
    () => now,
    (task) => tasks.push(task),
  );
  const turns = (): number => {
    let count = 0;
    for (let task = tasks.shift(); task !== undefined && count < 100; task = tasks.shift()) {
      now += 1;
      count += 1;
      task();
    }
    return count;
  };
  return { awake, turns, turn: () => tasks.shift()?.(), pass: (ms: number) => (now += ms) };
}

describe("StayAwake", () => {
  it("turns the loop for as long as it was told, and no longer", () => {
    const { awake, turns } = open();
    awake.stay(5);
    expect(turns()).toBe(5);
    expect(turns()).toBe(0);
    awake.stay(2);
    expect(turns()).toBe(2);
  });

  it("counts anew, and turns but once a turn, however often it is told", () => {
    const { awake, turns, turn, pass } = open();
    awake.stay(5);
    pass(4);
    turn();
    for (let times = 0; times < 10; times += 1) awake.stay(5);
    expect(turns()).toBe(5);
  });

  it("does not turn for no time at all", () => {
    const { awake, turns } = open();
    awake.stay(0);
    expect(turns()).toBe(0);
  });
});
