import type { Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import type { Uuid } from "../wire/uuid.ts";
import type { OptionLayer } from "./option-layer.ts";
import type { DhcpRequest } from "./request.ts";

/**
 * An address, a host name, options or all of them kept for one machine, or for the port of a switch.
 * Without an address the machine gets one of the pool and the name goes with it.
 */
export type Reservation = {
  readonly address?: Ipv4Address;
  readonly mac?: MacAddress;
  readonly uuid?: Uuid;
  /** Option 61 in hexadecimal digits, its type byte included. */
  readonly clientId?: string;
  /** Option 82.1 and 82.2 in hexadecimal digits; with both, both must be met. */
  readonly circuitId?: string;
  readonly remoteId?: string;
  readonly hostname?: string;
  readonly options?: OptionLayer;
};

/** The reservations by what they are asked by, so that a message costs a few look-ups. */
export type ReservationBook = {
  readonly byAddress: ReadonlyMap<Ipv4Address, Reservation>;
  readonly byMac: ReadonlyMap<MacAddress, Reservation>;
  readonly byUuid: ReadonlyMap<Uuid, Reservation>;
  readonly byClientId: ReadonlyMap<string, Reservation>;
  /** By `portKey`. */
  readonly byPort: ReadonlyMap<string, Reservation>;
  /** The names that are kept, each for its row. */
  readonly byHostname: ReadonlyMap<string, Reservation>;
};

export function bookReservations(reservations: readonly Reservation[]): ReservationBook {
  const byAddress = new Map<Ipv4Address, Reservation>();
  const byMac = new Map<MacAddress, Reservation>();
  const byUuid = new Map<Uuid, Reservation>();
  const byClientId = new Map<string, Reservation>();
  const byPort = new Map<string, Reservation>();
  const byHostname = new Map<string, Reservation>();
  for (const row of reservations) {
    if (row.address !== undefined) byAddress.set(row.address, row);
    if (row.mac !== undefined) byMac.set(row.mac, row);
    if (row.uuid !== undefined) byUuid.set(row.uuid, row);
    if (row.clientId !== undefined) byClientId.set(row.clientId, row);
    const { circuitId, remoteId } = row;
    if ((circuitId ?? remoteId) !== undefined) byPort.set(portKey(circuitId, remoteId), row);
    if (row.hostname !== undefined) byHostname.set(row.hostname, row);
  }
  return { byAddress, byMac, byUuid, byClientId, byPort, byHostname };
}

/** A relay's port as the book knows it. */
export function portKey(circuitId: string | undefined, remoteId: string | undefined): string {
  return `${circuitId ?? ""}/${remoteId ?? ""}`;
}

/**
 * The reservation of the machine that asks: by UUID first, as a board keeps it when its card changes;
 * then by MAC, by client identifier, and last by the port that it hangs on.
 */
export function findReservation(
  { client, clientId, relay }: DhcpRequest,
  book: ReservationBook,
): Reservation | undefined {
  const { mac, uuid } = client.identity;
  return (
    (uuid && book.byUuid.get(uuid)) ??
    (mac && book.byMac.get(mac)) ??
    (clientId === undefined ? undefined : book.byClientId.get(clientId)) ??
    (relay && findByPort(relay, book))
  );
}

function findByPort(
  { circuitId, remoteId }: NonNullable<DhcpRequest["relay"]>,
  { byPort }: ReservationBook,
): Reservation | undefined {
  if (byPort.size === 0) return undefined;
  return (
    byPort.get(portKey(circuitId, remoteId)) ??
    byPort.get(portKey(circuitId, undefined)) ??
    byPort.get(portKey(undefined, remoteId))
  );
}
