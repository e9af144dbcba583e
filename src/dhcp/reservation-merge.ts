import { commonOf, type KeptReservation } from "./reservation-keeping.ts";
import type { Reservation } from "./reservations.ts";

/** A kept reservation that does not count, as the configuration says otherwise of `common`. */
export type Shadowed = { readonly reservation: KeptReservation; readonly common: string };

/** The reservations that count: the configuration's, then the kept ones that do not clash with it. */
export function mergeReservations(
  config: readonly Reservation[],
  kept: readonly KeptReservation[],
): { readonly reservations: readonly Reservation[]; readonly shadowed: readonly Shadowed[] } {
  const keys = new Set(config.flatMap(keysOf));
  const shadowed: Shadowed[] = [];
  const free = kept.filter((reservation) => {
    if (!keysOf(reservation).some((key) => keys.has(key))) return true;
    const clash = config.map((row) => commonOf(reservation, row)).find((it) => it !== undefined);
    shadowed.push({ reservation, common: clash ?? "" });
    return false;
  });
  return { reservations: [...config, ...free], shadowed };
}

// No two of these look alike: an address is a number.
function keysOf({ mac, uuid, address, hostname }: KeptReservation): readonly (string | number)[] {
  return [mac, uuid, address, hostname].filter((key) => key !== undefined);
}
