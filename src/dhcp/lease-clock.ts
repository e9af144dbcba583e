/**
 * The time that leases are counted in. It runs evenly whatever the wall clock does: a machine without a
 * battery starts in 1970 and is set right by NTP minutes later, and neither may end a lease or make it
 * last for ever. Milliseconds, near those since the epoch for as long as the wall clock is right.
 */

import type { Clock } from "../runtime/clock.ts";

/** How long this host runs, by a clock that nobody sets. */
export type Uptime = {
  /** Which start of the host it counts from. */
  readonly boot: string;
  readonly ms: number;
};

/** What the clocks of this host say at one moment. */
export type ClockReading = {
  /** The wall clock, milliseconds since the epoch. */
  readonly wall: number;
  /** Absent where the host does not tell. */
  readonly uptime?: Uptime;
};

/** The same with the time of leases, kept beside them. */
export type TimeMark = ClockReading & { readonly time: number };

/** What they say now. */
export function readClocks({ now, monotonic, boot }: Omit<Clock, "after">): ClockReading {
  const name = boot?.();
  if (monotonic === undefined || name === undefined) return { wall: now() };
  return { wall: now(), uptime: { boot: name, ms: Math.floor(monotonic()) } };
}

/** Where the time of leases starts, and why there. */
export type Anchor = {
  readonly kind: "no-mark" | "uptime-passed" | "time-passed" | "clock-went-back" | "clock-leapt";
  readonly time: number;
};

/**
 * A step of the wall clock beyond this is not believed. After a restart of the host nobody can tell a clock
 * that was set from a host that was off: a lease is then held for too long, by what was left of it.
 */
const believableMs = 3_600_000;

/**
 * The time of leases at a start: that of the last mark, and what passed since. While the host runs its uptime
 * says so; else the wall clock, if it can be believed.
 */
export function anchorTime(mark: TimeMark | undefined, { wall, uptime }: ClockReading): Anchor {
  if (mark === undefined) return { kind: "no-mark", time: wall };
  const ran = mark.uptime && uptime && uptimeBetween(mark.uptime, uptime);
  if (ran !== undefined) return { kind: "uptime-passed", time: mark.time + ran };
  const passed = wall - mark.wall;
  if (passed < 0) return { kind: "clock-went-back", time: mark.time };
  if (passed > believableMs) return { kind: "clock-leapt", time: mark.time };
  return { kind: "time-passed", time: mark.time + passed };
}

// Going back it is not one clock: a container that was moved counts from somewhere else.
function uptimeBetween(earlier: Uptime, later: Uptime): number | undefined {
  const ms = later.ms - earlier.ms;
  return earlier.boot === later.boot && ms >= 0 ? ms : undefined;
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
  readonly #boot: string | undefined;

  /** `boot` is the start of the host that `monotonic` counts from. */
  constructor(anchor: Anchor, monotonic: () => number, boot?: string) {
    this.#monotonic = monotonic;
    this.#boot = boot;
    this.#start = anchor.time - monotonic();
  }

  now(): number {
    return this.#at(this.#monotonic());
  }

  /** What is written down beside the leases, at this time of the wall clock. */
  mark(wall: number): TimeMark {
    const ms = this.#monotonic();
    const time = this.#at(ms);
    // Rounded up here and down at a start: no lease is shorter for a restart.
    const uptime = this.#boot && { boot: this.#boot, ms: Math.ceil(ms) };
    return { wall, time, ...(uptime && { uptime }) };
  }

  #at(monotonic: number): number {
    return Math.round(this.#start + monotonic);
  }
}
