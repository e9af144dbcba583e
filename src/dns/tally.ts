import type { Clock } from "../runtime/clock.ts";

/** Counts what would flood a log and reports each window's sum once, with the last of it. */
export class Tally<T> implements Disposable {
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #report: (count: number, last: T) => void;
  #count = 0;
  #last: T | undefined;
  #window: Disposable | undefined;

  constructor(clock: Clock, windowMs: number, report: (count: number, last: T) => void) {
    this.#clock = clock;
    this.#windowMs = windowMs;
    this.#report = report;
  }

  note(what: T): void {
    this.#count += 1;
    this.#last = what;
    this.#window ??= this.#clock.after(this.#windowMs, () => this.#close());
  }

  [Symbol.dispose](): void {
    this.#window?.[Symbol.dispose]();
    this.#window = undefined;
  }

  #close(): void {
    const [count, last] = [this.#count, this.#last];
    this.#count = 0;
    this.#last = undefined;
    this.#window = undefined;
    if (last !== undefined) this.#report(count, last);
  }
}
