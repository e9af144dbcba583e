import type { BindingKey } from "./request.ts";

/** How many machines that were never here may take addresses. */
export type AdmissionLimits = {
  /** In a minute, once the pool is nearly full; fewer than a rack, more than come by chance. */
  readonly newMachinesPerMinute: number;
  /** In a minute behind one port of a relay (option 82), however full the pool is. */
  readonly newMachinesPerPort: number;
};

/** From here on newcomers are counted. */
const nearlyFull = 0.9;

const windowMs = 60_000;

/** Relay ports and machines counted at once; beyond it the window starts anew. */
const countedMax = 4096;

export type Applicant = {
  readonly key: BindingKey;
  readonly port?: string;
  readonly now: number;
  /** Of 1: the share of the pool that is taken. */
  readonly fullness: number;
};

/**
 * Counts the machines that take an address for the first time, by minutes. A flood of made-up MACs is
 * slowed before it has the whole pool; a machine that has or had a lease is never asked for here.
 */
export class Admission {
  #since = 0;
  readonly #admitted = new Set<BindingKey>();
  readonly #atPort = new Map<string, number>();
  #whenNearlyFull = 0;

  admits({ key, port, now, fullness }: Applicant, limits: AdmissionLimits): boolean {
    if (now - this.#since >= windowMs || now < this.#since || this.#isFilled()) this.#begin(now);
    if (this.#admitted.has(key)) return true; // asks again for what it was promised
    const here = port === undefined ? 0 : (this.#atPort.get(port) ?? 0);
    if (port !== undefined && here >= limits.newMachinesPerPort) return false;
    const counts = fullness >= nearlyFull;
    if (counts && this.#whenNearlyFull >= limits.newMachinesPerMinute) return false;
    this.#admitted.add(key);
    if (port !== undefined) this.#atPort.set(port, here + 1);
    if (counts) this.#whenNearlyFull += 1;
    return true;
  }

  #isFilled(): boolean {
    return this.#admitted.size >= countedMax || this.#atPort.size >= countedMax;
  }

  #begin(now: number): void {
    this.#since = now;
    this.#admitted.clear();
    this.#atPort.clear();
    this.#whenNearlyFull = 0;
  }
}
