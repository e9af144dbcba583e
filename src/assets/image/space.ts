import { formatBytes } from "./progress.ts";

/** Is there room for what is about to come? */
export type SpaceDecision =
  | { readonly kind: "enough" }
  | { readonly kind: "too-little"; readonly sentence: string };

/** Left free for leases, logs and the catalog, which share the disk. */
const reserveBytes = 64 << 20;

/** `wanted`: bytes that are still to come; undefined when nobody told, and then the disk alone will tell. */
export function decideSpace(free: number, wanted: number | undefined): SpaceDecision {
  if (wanted === undefined || wanted + reserveBytes <= free) return { kind: "enough" };
  const room = `${formatBytes(wanted)} and ${formatBytes(reserveBytes)} to spare`;
  const sentence = `want ${room}, got ${formatBytes(free)} free: kindling image gc makes room`;
  return { kind: "too-little", sentence };
}
