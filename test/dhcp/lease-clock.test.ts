import { describe, expect, it } from "vitest";
import {
  type Anchor,
  anchorTime,
  LeaseClock,
  stepBetween,
  type TimeMark,
} from "../../src/dhcp/lease-clock.ts";
import { noon } from "../support/dhcp-site.ts";

const minute = 60_000;
const hour = 60 * minute;
const year = 365 * 24 * hour;
const boot1970 = 7 * minute; // what a machine without a battery says shortly after power-on
const mark: TimeMark = { wall: noon, time: noon };

const starts: { name: string; mark?: TimeMark; wall: number; want: Anchor }[] = [
  { name: "the first start of all", wall: noon, want: { kind: "no-mark", time: noon } },
  {
    name: "a restart a minute later",
    mark,
    wall: noon + minute,
    want: { kind: "time-passed", time: noon + minute },
  },
  {
    name: "an hour off, the most that is believed",
    mark,
    wall: noon + hour,
    want: { kind: "time-passed", time: noon + hour },
  },
  {
    name: "off for longer, or a clock set on: nothing has passed",
    mark,
    wall: noon + hour + 1,
    want: { kind: "clock-leapt", time: noon },
  },
  {
    name: "a year on",
    mark,
    wall: noon + year,
    want: { kind: "clock-leapt", time: noon },
  },
  {
    name: "a year back",
    mark,
    wall: noon - year,
    want: { kind: "clock-went-back", time: noon },
  },
  {
    name: "a millisecond back",
    mark,
    wall: noon - 1,
    want: { kind: "clock-went-back", time: noon },
  },
  {
    name: "1970 after a life with the right time",
    mark,
    wall: boot1970,
    want: { kind: "clock-went-back", time: noon },
  },
  {
    name: "the right time after a life in 1970",
    mark: { wall: boot1970, time: boot1970 },
    wall: noon,
    want: { kind: "clock-leapt", time: boot1970 },
  },
  {
    name: "a restart after a life that began in 1970 and was set right",
    mark: { wall: noon, time: boot1970 },
    wall: noon + minute,
    want: { kind: "time-passed", time: boot1970 + minute },
  },
];
it.each(starts)("anchors $name", ({ mark: kept, wall, want }) => {
  expect(anchorTime(kept, wall)).toEqual(want);
});

describe("LeaseClock", () => {
  const jumps = [
    { name: "on a year", by: year },
    { name: "back a year", by: -year },
    { name: "on a year and back again", by: year, later: -year },
    { name: "an hour for summer time, which the epoch does not know", by: 0 },
  ];
  it.each(jumps)("counts on when the wall clock jumps $name while it runs", ({ by, later = 0 }) => {
    let wall = noon;
    let monotonic = 5_000;
    const pass = (ms: number): void => {
      wall += ms;
      monotonic += ms;
    };
    const clock = new LeaseClock(anchorTime(mark, wall), () => monotonic);
    const expires = clock.now() + 12 * hour;
    pass(6 * hour);
    wall += by;
    pass(minute);
    wall += later;
    expect(clock.now()).toBe(noon + 6 * hour + minute);
    pass(6 * hour - minute - 1);
    expect(clock.now() < expires).toBe(true);
    pass(1);
    expect(clock.now() < expires).toBe(false);
  });

  it("neither ends a lease early nor keeps one for ever over ten restarts with a wild clock", () => {
    let kept: TimeMark = mark;
    let served = 0;
    const walls = [year, -year, 0, 50 * year, boot1970 - noon, 1, -1, year, -year, 0];
    for (const offset of walls) {
      let wall = noon + offset;
      let monotonic = 0;
      const clock = new LeaseClock(anchorTime(kept, wall), () => monotonic);
      wall += hour;
      monotonic += hour;
      served += hour;
      kept = { wall, time: clock.now() };
    }
    // Only time that was counted while serving, and no more than that.
    expect(kept.time - noon).toBe(served);
  });
});

it("tells a step from an adjustment", () => {
  const later = (wall: number): TimeMark => ({ wall: noon + wall, time: noon + minute });
  expect(stepBetween(mark, later(minute))).toBe(0);
  expect(stepBetween(mark, later(2 * minute))).toBe(0);
  expect(stepBetween(mark, later(year + minute))).toBe(year);
  expect(stepBetween(mark, later(minute - year))).toBe(-year);
});
