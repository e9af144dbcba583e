import type { MacAddress } from "../wire/mac.ts";
import type { BootEvent } from "./event.ts";

/** What a machine last said of itself when it asked for an address. */
export type LastSeen = { readonly arch?: string; readonly stage: string };

/** Of each machine in these events, oldest first: its processor and firmware, and what ran in it. */
export function lastSeen(events: readonly BootEvent[]): ReadonlyMap<MacAddress, LastSeen> {
  const seen = new Map<MacAddress, LastSeen>();
  for (const event of events) {
    if (event.kind !== "dhcp" || event.mac === undefined || event.direction !== "in") continue;
    // An installed system says no architecture: what its firmware said still holds.
    const arch = event.arch ?? seen.get(event.mac)?.arch;
    seen.set(event.mac, { stage: event.stage, ...(arch !== undefined && { arch }) });
  }
  return seen;
}
