import type { Clock } from "../runtime/clock.ts";
import type { Lanes } from "./lanes.ts";

/**
 * How long a read that no machine waits for is put off by machines that fetch. So much of it goes on beside
 * them all the same: ten reads of a quarter of a megabyte a second, 0.2 ms of the processor each.
 */
export const spareWaitMs = 100;

/** What is sent meanwhile, and when nothing is. */
type Rush = { readonly lanes: Lanes; whenIdle(task: () => void): Disposable };

/**
 * The same lanes for the work of the background: each task waits for a pause between transfers, but not
 * longer than `spareWaitMs`, so that on a host that is never idle it ends as well.
 */
export class SpareLanes {
  readonly #rush: Rush;
  readonly #clock: Clock;

  constructor(rush: Rush, clock: Clock) {
    this.#rush = rush;
    this.#clock = clock;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    await this.#pause();
    return await this.#rush.lanes.run(task);
  }

  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    using _late = this.#clock.after(spareWaitMs, resolve);
    using _idle = this.#rush.whenIdle(resolve);
    await promise;
  }
}
