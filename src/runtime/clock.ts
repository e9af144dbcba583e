/** Time as an argument. Production passes `systemClock`; tests pass one they step. */
export type Clock = {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds since some moment, which nobody sets; without it `now` is such a clock. */
  readonly monotonic?: () => number;
  /** Runs `task` once after `ms`; disposing of the timer before that forgets it. */
  readonly after: (ms: number, task: () => void) => Disposable;
};

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, task) => {
    const timer = setTimeout(task, ms);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
