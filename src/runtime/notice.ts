/** How often the same trouble is told: a flood must not become a flood of lines. */
export const noticeEveryMs = 10_000;

/** One kind of trouble: told at once, then at most every `noticeEveryMs` with how often it happened. */
export class Notice {
  readonly #now: () => number;
  #toldAt = Number.NEGATIVE_INFINITY;
  #times = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** How often it happened since it was told last, if it is to be told now. */
  happened(): number | undefined {
    this.#times += 1;
    const now = this.#now();
    if (Math.abs(now - this.#toldAt) < noticeEveryMs) return undefined; // the clock may be set back
    const times = this.#times;
    this.#toldAt = now;
    this.#times = 0;
    return times;
  }
}
