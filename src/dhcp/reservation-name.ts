import { WireError } from "../errors.ts";
import { type MacAddress, parseMac } from "../wire/mac.ts";
import { isUsableUuid, parseUuid, type Uuid } from "../wire/uuid.ts";

/** What a reservation knows its machine by. */
export type MachineName = { readonly mac?: MacAddress; readonly uuid?: Uuid };

type Named = MachineName & { readonly hostname?: string };

/** A MAC address, a UUID, or a host name of a reservation or a lease → the machine. */
export function readMachineName(
  word: string,
  { kept, leases }: { readonly kept: readonly Named[]; readonly leases: readonly Named[] },
): MachineName | undefined {
  const mac = tryParse(() => parseMac(word));
  if (mac !== undefined) return { mac };
  const uuid = tryParse(() => parseUuid(word));
  if (uuid !== undefined) return isUsableUuid(uuid) ? { uuid } : undefined;
  const name = word.toLowerCase();
  const row = [...kept, ...leases.toReversed()].find(({ hostname }) => hostname === name);
  if (row?.mac !== undefined) return { mac: row.mac };
  return row?.uuid === undefined ? undefined : { uuid: row.uuid };
}

function tryParse<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof WireError) return undefined; // it may be one of the other kinds
    throw error;
  }
}
