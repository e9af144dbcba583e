import { setImmediate as soon } from "node:timers";

/** What it looks at: time, how often the kernel took a processor away from this process, and the next turn. */
export type Surroundings = {
  readonly now: () => number;
  readonly preemptions: () => number;
  readonly nextTurn: (task: () => void) => void;
};

const own: Surroundings = {
  now: () => performance.now(),
  preemptions: () => process.resourceUsage().involuntaryContextSwitches,
  nextTurn: soon,
};

/** Looking at the preemptions takes 2 µs: it is done once in so many calls. */
const callsPerLook = 16;
/** For so long nobody is waited for awake after one. */
export const retreatMs = 50;

/**
 * Keeps the event loop looking for packets, where it would sleep until the next one. Where an answer comes
 * sooner than a sleeper can be woken, looking is both faster and cheaper: a third of what a block of TFTP
 * costs between two programs of one machine is sleeping and waking.
 *
 * Where others want the processor it is neither: whoever stays awake is the one that the kernel stops, for
 * milliseconds, while a sleeper that is woken goes first. So it sleeps for a while once it was stopped.
 */
export class StayAwake {
  readonly #around: Surroundings;
  #until = 0;
  #isTurning = false;
  #calls = 0;
  #preempted: number | undefined;
  #retreatUntil = Number.NEGATIVE_INFINITY;

  constructor(around: Surroundings = own) {
    this.#around = around;
  }

  /** From now on for so long; a later call counts anew. */
  stay(ms: number): void {
    const now = this.#around.now();
    if (now < this.#retreatUntil) return;
    this.#calls = (this.#calls + 1) % callsPerLook;
    if (this.#calls === 0 && this.#wasStopped()) {
      this.#retreatUntil = now + retreatMs;
      this.#preempted = undefined; // what happens while it sleeps is no reason to sleep
      return;
    }
    this.#until = now + ms;
    if (!this.#isTurning) this.#turn();
  }

  #wasStopped(): boolean {
    const before = this.#preempted;
    this.#preempted = this.#around.preemptions();
    return before !== undefined && this.#preempted > before;
  }

  #turn(): void {
    this.#isTurning = this.#around.now() < this.#until;
    if (this.#isTurning) this.#around.nextTurn(() => this.#turn());
  }
}
