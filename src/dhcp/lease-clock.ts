/**
 * The time that leases are counted in. It runs evenly whatever the wall clock does: a machine without a
 * battery starts in 1970 and is set right by NTP minutes later, and neither may end a lease or make it
 * last for ever. Milliseconds, near those since the epoch for as long as the wall clock is right.
 */

/** What both clocks said at one moment, kept with the leases. */
export type TimeMark = {
  /** The wall clock, milliseconds since the epoch. */
  readonly wall: number;
  /** The time of leases. */
  readonly time: number;
};

/** Where the time of leases starts, and why there. */
export type Anchor = {
  readonly kind: "no-mark" | "time-passed" | "clock-went-back" | "clock-leapt";
  readonly time: number;
};

/**
 * A step of the wall clock beyond this is not believed. Nobody can tell a clock that was set from a daemon
 * that was off: either way a lease is only ever held for too long, by what was left of it.
 */
const believableMs = 3_600_000;

/** The time of leases at a start: that of the last mark, and the time since if the clock can be believed. */
export function anchorTime(mark: TimeMark | undefined, wall: number): Anchor {
  if (mark === undefined) return { kind: "no-mark", time: wall };
  const passed = wall - mark.wall;
  if (passed < 0) return { kind: "clock-went-back", time: mark.time };
  if (passed > believableMs) return { kind: "clock-leapt", time: mark.time };
  return { kind: "time-passed", time: mark.time + passed };
}

/** How far the wall clock was stepped from one mark of this run to a later one; 0 for what is believable. */
export function stepBetween(earlier: TimeMark, later: TimeMark): number {
  const step = later.wall - earlier.wall - (later.time - earlier.time);
  return Math.abs(step) > believableMs ? step : 0;
}

/** The time of leases from one start on, by a clock that only counts. */
export class LeaseClock {
  readonly #start: number;
  readonly #monotonic: () => number;

  constructor(anchor: Anchor, monotonic: () => number) {
    this.#monotonic = monotonic;
    this.#start = anchor.time - monotonic();
  }

  now(): number {
    return Math.round(this.#start + this.#monotonic());
  }
}
