import { KindlingError, WireError } from "../errors.ts";
import { type Ipv4Address, parseIpv4 } from "../wire/ipv4.ts";

/** One reservation that an operator asks for, as the admin API takes it. */
export type ReserveWish = {
  readonly machine: string;
  readonly address?: Ipv4Address;
  readonly hostname?: string;
  readonly fromLease?: boolean;
  readonly force?: boolean;
};

/** Reservations of one request: each is weighed against all that are kept. */
export const wishLimit = 500;

/** The body of `POST /v1/reservations`; throws `usage.invalid` with the field that is wrong. */
export function parseWishes(body: string): {
  readonly wishes: readonly ReserveWish[];
  readonly isTrial: boolean;
} {
  const request = objectOf(parseJson(body), "an object");
  const rows = request["reservations"];
  if (!Array.isArray(rows)) throw invalid("want a list in reservations");
  if (rows.length > wishLimit) {
    throw invalid(`want at most ${wishLimit} reservations in a request, got ${rows.length}`);
  }
  return { wishes: rows.map(parseWish), isTrial: flagOf(request, "dryRun") };
}

function parseWish(row: unknown): ReserveWish {
  const wish = objectOf(row, "an object for each reservation");
  const machine = textOf(wish, "machine");
  const [address, hostname] = [textOf(wish, "address"), textOf(wish, "hostname")];
  if (machine === undefined) throw invalid("want a machine for each reservation");
  return {
    machine,
    ...(address !== undefined && { address: addressOf(address) }),
    ...(hostname !== undefined && { hostname }),
    fromLease: flagOf(wish, "fromLease"),
    force: flagOf(wish, "force"),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function objectOf(value: unknown, want: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value));
  }
  throw invalid(`want ${want}`);
}

function textOf(fields: Fields, key: string): string | undefined {
  const value = fields[key];
  if (value === undefined || typeof value === "string") return value;
  throw invalid(`want text for ${key}`);
}

function flagOf(fields: Fields, key: string): boolean {
  const value = fields[key];
  if (value === undefined || typeof value === "boolean") return value ?? false;
  throw invalid(`want true or false for ${key}`);
}

function addressOf(text: string): Ipv4Address {
  try {
    return parseIpv4(text);
  } catch (error) {
    if (error instanceof WireError) throw invalid(error.message);
    throw error;
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid(`want JSON: ${error.message}`);
    throw error;
  }
}

function invalid(message: string): KindlingError {
  return new KindlingError("usage.invalid", message);
}
