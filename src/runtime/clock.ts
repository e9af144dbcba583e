import { readFileSync } from "node:fs";

/** Time as an argument. Production passes `systemClock`; tests pass one they step. */
export type Clock = {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds since some moment, which nobody sets; without it `now` is such a clock. */
  readonly monotonic?: () => number;
  /** The name of the start of this host that `monotonic` counts from; absent where it is of this process alone. */
  readonly boot?: () => string | undefined;
  /** Runs `task` once after `ms`; disposing of the timer before that forgets it. */
  readonly after: (ms: number, task: () => void) => Disposable;
};

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => Number(process.hrtime.bigint()) / 1_000_000, // CLOCK_MONOTONIC, which all processes share
  boot: readBootId,
  after: (ms, task) => {
    const timer = setTimeout(task, ms);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

// random(4): drawn anew when the kernel starts. Its first digits tell two starts of one host apart.
function readBootId(): string | undefined {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").slice(0, 13);
  } catch {
    return undefined; // a kernel or a container without it: the wall clock must do
  }
}
