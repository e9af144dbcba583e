import { describe, expect, it } from "vitest";
import {
  type Anchor,
  anchorTime,
  LeaseClock,
  readClocks,
  stepBetween,
  type TimeMark,
  type Uptime,
} from "../../src/dhcp/lease-clock.ts";
import { noon } from "../support/dhcp-site.ts";

const minute = 60_000;
const hour = 60 * minute;
const year = 365 * 24 * hour;
const boot1970 = 7 * minute; // what a machine without a battery says shortly after power-on
const mark: TimeMark = { wall: noon, time: noon };

const uptime = (boot: string, ms: number) => ({ uptime: { boot, ms } });
const running: TimeMark = { ...mark, ...uptime("a", hour) };

type Start = { name: string; mark?: TimeMark; wall: number; uptime?: Uptime; want: Anchor };
const starts: Start[] = [
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
  {
    name: "a restart while the host runs and its clock is set a year on",
    mark: running,
    wall: noon + year,
    ...uptime("a", hour + minute),
    want: { kind: "uptime-passed", time: noon + minute },
  },
  {
    name: "a restart while the host runs and its clock is set on by what would be believed",
    mark: running,
    wall: noon + hour / 2,
    ...uptime("a", hour + minute),
    want: { kind: "uptime-passed", time: noon + minute },
  },
  {
    name: "a day off while the host runs",
    mark: running,
    wall: noon + 24 * hour,
    ...uptime("a", 25 * hour),
    want: { kind: "uptime-passed", time: noon + 24 * hour },
  },
  {
    name: "a restart of the host",
    mark: running,
    wall: noon + minute,
    ...uptime("b", 2 * hour),
    want: { kind: "time-passed", time: noon + minute },
  },
  {
    name: "an uptime that went back, as in a container that was moved",
    mark: running,
    wall: noon + minute,
    ...uptime("a", hour - 1),
    want: { kind: "time-passed", time: noon + minute },
  },
  {
    name: "a host that tells its uptime no more",
    mark: running,
    wall: noon + minute,
    want: { kind: "time-passed", time: noon + minute },
  },
];
it.each(starts)("anchors $name", ({ mark: kept, want, name: _, ...reading }) => {
  expect(anchorTime(kept, reading)).toEqual(want);
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
    const clock = new LeaseClock(anchorTime(mark, { wall }), () => monotonic);
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
      const clock = new LeaseClock(anchorTime(kept, { wall }), () => monotonic);
      wall += hour;
      monotonic += hour;
      served += hour;
      kept = { wall, time: clock.now() };
    }
    // Only time that was counted while serving, and no more than that.
    expect(kept.time - noon).toBe(served);
  });
});

it("takes not a millisecond of a lease in a restart of the daemon", () => {
  for (const fraction of [0, 0.2, 0.5, 0.9]) {
    let monotonic = 5_000 + fraction;
    const clock = { now: () => noon, monotonic: () => monotonic, boot: () => "a" };
    const first = new LeaseClock(anchorTime(undefined, readClocks(clock)), clock.monotonic, "a");
    const kept = first.mark(noon);
    monotonic += 1_000.4;
    const second = new LeaseClock(anchorTime(kept, readClocks(clock)), clock.monotonic, "a");
    expect(second.now()).toBeLessThanOrEqual(first.now());
    expect(second.now()).toBeGreaterThan(first.now() - 3);
  }
});

it("tells a step from an adjustment", () => {
  const later = (wall: number): TimeMark => ({ wall: noon + wall, time: noon + minute });
  expect(stepBetween(mark, later(minute))).toBe(0);
  expect(stepBetween(mark, later(2 * minute))).toBe(0);
  expect(stepBetween(mark, later(year + minute))).toBe(year);
  expect(stepBetween(mark, later(minute - year))).toBe(-year);
});
