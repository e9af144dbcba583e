/** How one try to fetch a file went. */
export type Try = {
  /** Which of the URLs, from 0. */
  readonly url: number;
  /** "refused": this URL has it not, or not for us. "broke": it might work later. */
  readonly outcome: "refused" | "broke";
  /** Bytes that it brought. */
  readonly gained: number;
  /** What the server asked for. */
  readonly waitMs?: number | undefined;
};

export type NextTry =
  | { readonly kind: "try"; readonly url: number; readonly waitMs: number }
  | { readonly kind: "give-up" };

/** Tries of one URL that bring nothing, one after the other. */
const fruitlessMax = 3;
/** A server that sends a little and breaks, again and again, ends some time. */
const triesMax = 200;
const firstWaitMs = 1_000;

/** Where to try next: the same URL while it brings something, then a little longer, then the next one. */
export function decideNextTry(tries: readonly Try[], urls: number): NextTry {
  const last = tries.at(-1);
  if (last === undefined)
    return urls > 0 ? { kind: "try", url: 0, waitMs: 0 } : { kind: "give-up" };
  if (tries.length >= triesMax) return { kind: "give-up" };
  const fruitless = countFruitless(tries, last.url);
  if (last.outcome === "broke" && fruitless < fruitlessMax) {
    const waitMs = last.waitMs ?? (fruitless === 0 ? 0 : firstWaitMs * 2 ** (fruitless - 1));
    return { kind: "try", url: last.url, waitMs };
  }
  const next = last.url + 1;
  return next < urls ? { kind: "try", url: next, waitMs: 0 } : { kind: "give-up" };
}

function countFruitless(tries: readonly Try[], url: number): number {
  const since = tries.findLastIndex((one) => one.url !== url || one.gained > 0);
  return tries.length - 1 - since;
}
