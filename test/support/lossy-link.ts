import type { FakeClock } from "./fake-clock.ts";

export type LinkFaults = {
  readonly seed: number;
  /** Of 1: how many datagrams are lost, and how many arrive twice. */
  readonly loss: number;
  readonly duplicates: number;
  /** Each datagram takes 1 ms to this many: past 1, they overtake each other. */
  readonly delayMs: number;
};

/** Losses in a row, so that a transfer that gives up is a defect and never bad luck. */
const lossesInRow = 3;

/** One direction of a link with faults; the same seed gives the same faults. */
export function lossyLink(
  clock: FakeClock,
  faults: LinkFaults,
  deliver: (datagram: Uint8Array) => void,
): (datagram: Uint8Array) => void {
  const random = seededRandom(faults.seed);
  let lost = 0;
  return (datagram) => {
    lost = random() < faults.loss && lost < lossesInRow ? lost + 1 : 0;
    if (lost > 0) return;
    for (let copies = random() < faults.duplicates ? 2 : 1; copies > 0; copies -= 1) {
      clock.after(1 + Math.floor(random() * faults.delayMs), () => deliver(datagram));
    }
  };
}

/** Numbers in [0, 1), the same for the same seed (mulberry32's mixing steps). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
