import { WireError } from "../errors.ts";
import { formatIpv4, parseIpv4 } from "../wire/ipv4.ts";
import { parseMac } from "../wire/mac.ts";
import { parseUuid } from "../wire/uuid.ts";
import { isHostLabel } from "./reservation-import/found.ts";
import { type KeptReservation, keptLimit } from "./reservation-keeping.ts";

const version = 1;

/** The file of kept reservations: JSON, one row a line, so that a person can read it and compare. */
export function formatReservationFile(rows: readonly KeptReservation[]): string {
  const lines = rows.map(({ address, ...row }) => {
    return JSON.stringify({
      ...row,
      ...(address !== undefined && { address: formatIpv4(address) }),
    });
  });
  return `{"version":${version},"reservations":[\n${lines.join(",\n")}\n]}\n`;
}

/** Throws `WireError` for anything that `formatReservationFile` would not write. */
export function parseReservationFile(text: string): readonly KeptReservation[] {
  const file = parseJson(text);
  const rows = isObject(file) && file["version"] === version ? file["reservations"] : undefined;
  if (!Array.isArray(rows)) throw invalid(`want version ${version} and a list of reservations`);
  if (rows.length > keptLimit) throw invalid(`want at most ${keptLimit} rows, got ${rows.length}`);
  return rows.map(parseRow);
}

function parseRow(row: unknown, at: number): KeptReservation {
  if (!isObject(row)) throw invalid(`want an object for each row, got another in row ${at + 1}`);
  const text = (key: string): string | undefined => {
    const value = row[key];
    if (value === undefined || typeof value === "string") return value;
    throw invalid(`want text for ${key} in row ${at + 1}`);
  };
  const [mac, uuid, address] = [text("mac"), text("uuid"), text("address")];
  const hostname = text("hostname");
  if ((mac ?? uuid) === undefined) throw invalid(`want a mac or a uuid in row ${at + 1}`);
  if (hostname !== undefined && !isHostLabel(hostname)) {
    throw invalid(`want a host name in row ${at + 1}, got "${hostname}"`);
  }
  return {
    ...(mac !== undefined && { mac: parseMac(mac) }),
    ...(uuid !== undefined && { uuid: parseUuid(uuid) }),
    ...(address !== undefined && { address: parseIpv4(address) }),
    ...(hostname !== undefined && { hostname }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalid(`want JSON: ${error.message}`);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(message: string): WireError {
  return new WireError("wire.invalid", message, { field: "reservations" });
}
