import type { Clock } from "../../src/runtime/clock.ts";

/** A clock that stands still until it is stepped. */
export class FakeClock implements Clock {
  #now: number;
  #timers: { due: number; task: () => void }[] = [];

  constructor(start = 1_000_000) {
    this.#now = start;
  }

  readonly now = (): number => this.#now;

  readonly after = (ms: number, task: () => void): Disposable => {
    const timer = { due: this.#now + ms, task };
    this.#timers.push(timer);
    return {
      [Symbol.dispose]: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  };

  /** Moves time on, running each timer at its own moment. */
  step(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = next.due;
      next.task();
    }
    this.#now = end;
  }
}
