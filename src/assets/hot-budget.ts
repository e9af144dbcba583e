/**
 * Which files are kept in memory. Pure: the shell in hot-library.ts reads them. A file is kept whole or
 * not at all; one that is being sent is never dropped, and one too large never pushes out the others, so
 * that a root image of gigabytes leaves kernels where they are.
 */

/** A file kept, as the budget sees it; the map's order is by last use, oldest first. */
export type Kept = { readonly size: number; readonly readers: number };

export type Admission<Key> =
  | { readonly kind: "keep"; readonly drop: readonly Key[] }
  | { readonly kind: "stream"; readonly reason: "empty" | "too-large" | "no-room" };

/** Limits in bytes. `fileBytesMax` above `bytesMax` counts as `bytesMax`. */
export type HotLimits = { readonly bytesMax: number; readonly fileBytesMax: number };

/** No box needs more than this for what a rack boots at one time, however large it is. */
const budgetMost = 2 ** 31;

/**
 * The limits for a budget in bytes, or for none given: a quarter of the memory that this process may
 * use. One file takes three quarters of it at most, which leaves room for the kernel that goes with it.
 */
export function hotLimits(memoryBytes: number, budget?: number): HotLimits {
  const bytesMax = budget ?? Math.min(budgetMost, Math.floor(memoryBytes / 4));
  return { bytesMax, fileBytesMax: Math.floor((bytesMax * 3) / 4) };
}

/** Shall a file of `size` be kept, and which others go for it? */
export function decideAdmission<Key>(
  size: number,
  kept: ReadonlyMap<Key, Kept>,
  { bytesMax, fileBytesMax }: HotLimits,
): Admission<Key> {
  if (size === 0) return { kind: "stream", reason: "empty" };
  if (size > Math.min(bytesMax, fileBytesMax)) return { kind: "stream", reason: "too-large" };
  let room = bytesMax - [...kept.values()].reduce((sum, one) => sum + one.size, 0);
  const drop: Key[] = [];
  for (const [key, one] of kept) {
    if (room >= size) break;
    if (one.readers > 0) continue;
    drop.push(key);
    room += one.size;
  }
  return room >= size ? { kind: "keep", drop } : { kind: "stream", reason: "no-room" };
}

/** Slices are this long: large enough that a slice costs more to copy than to hand over. */
export const sliceBytes = 1 << 20;

/** The slice that holds `offset`, and where in it that byte is. */
export function sliceAt(offset: number): { readonly index: number; readonly start: number } {
  return { index: Math.floor(offset / sliceBytes), start: offset % sliceBytes };
}
