import type { Trial } from "./proxy-trial.ts";
import type { BindingKey } from "./request.ts";

/** Clients remembered at a time; a flood of made-up addresses pushes out the oldest. */
const trialLimit = 4096;

/**
 * What the proxy offered to whom and what came of it, in memory only: after a restart everybody
 * starts with form A.
 */
export class ProxyMemory {
  readonly #trials = new Map<BindingKey, Trial>();

  trialOf(key: BindingKey): Trial | undefined {
    return this.#trials.get(key);
  }

  keep(key: BindingKey, trial: Trial): void {
    this.#trials.delete(key);
    this.#trials.set(key, trial); // at the end: a Map keeps its order
    const oldest = this.#trials.keys().next();
    if (this.#trials.size > trialLimit && !oldest.done) this.#trials.delete(oldest.value);
  }
}
