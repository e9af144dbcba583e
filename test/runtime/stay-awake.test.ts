import { describe, expect, it } from "vitest";
import { retreatMs, StayAwake } from "../../src/runtime/stay-awake.ts";

/** The loop and its time, turned by hand; each turn takes 1 ms. */
function open() {
  let [now, preemptions] = [0, 0];
  const tasks: (() => void)[] = [];
  const awake = new StayAwake({
    now: () => now,
    preemptions: () => preemptions,
    nextTurn: (task) => tasks.push(task),
  });
  const turns = (): number => {
    let count = 0;
    for (let task = tasks.shift(); task !== undefined && count < 100; task = tasks.shift()) {
      now += 1;
      count += 1;
      task();
    }
    return count;
  };
  return {
    awake,
    turns,
    turn: () => tasks.shift()?.(),
    pass: (ms: number) => (now += ms),
    preempt: () => (preemptions += 1),
    /** How many of so many calls stayed. */
    stays: (calls: number) => {
      let count = 0;
      for (let call = 0; call < calls; call += 1) {
        awake.stay(1);
        if (turns() > 0) count += 1;
      }
      return count;
    },
  };
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

  it("sleeps for a while once the kernel stopped it, and tries again then", () => {
    const { stays, preempt, pass } = open();
    expect(stays(100)).toBe(100);
    preempt();
    const before = stays(40);
    expect(before).toBeLessThan(40);
    expect(stays(40)).toBe(0);
    pass(retreatMs);
    expect(stays(40)).toBe(40);
  });

  it("is not kept from it by what happened while it slept", () => {
    const { stays, preempt, pass } = open();
    preempt(); // long ago, before it was asked for
    expect(stays(100)).toBe(100);
    preempt();
    stays(40);
    preempt();
    pass(retreatMs);
    expect(stays(40)).toBe(40);
  });
});
