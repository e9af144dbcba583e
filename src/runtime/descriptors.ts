import { readFileSync } from "node:fs";

/** How many TCP connections each server may hold at one address. */
export type DescriptorShares = { readonly http: number; readonly dns: number };

/**
 * What the daemon holds when it serves nobody (35 on one interface, 3 more for each further one) and
 * what a lease, a file or a certificate needs for a moment.
 */
const ownDescriptors = 48;

/** Below this a server is of no use, however few descriptors there are. */
const fewest = 4;

const Most = { http: 2_000, dns: 128 } as const;

/**
 * Shares of the descriptors that this process may open. Connections are the only ones that strangers
 * open and hold, so they get five eighths of what is left: the rest is for transfers and files, and
 * DHCP, which needs one to write a lease, never waits for a client of HTTP.
 */
export function shareDescriptors(limit: number, addresses: number): DescriptorShares {
  const left = Math.max(0, limit - ownDescriptors) / Math.max(1, addresses);
  const share = (of: number, most: number) =>
    Math.min(most, Math.max(fewest, Math.floor(left * of)));
  return { http: share(1 / 2, Most.http), dns: share(1 / 8, Most.dns) };
}

/** How many descriptors this process may open; unlimited where the kernel does not tell. */
export function descriptorLimit(read = readLimits): number {
  const soft = /^Max open files\s+(\d+)/m.exec(read())?.[1];
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
}

// Node has raised the soft limit to the hard one before it runs the first line.
function readLimits(): string {
  try {
    return readFileSync("/proc/self/limits", "utf8");
  } catch {
    return ""; // no procfs
  }
}
