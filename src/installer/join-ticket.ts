import { KindlingError, WireError } from "../errors.ts";
import { formatIpv4, parseIpv4 } from "../wire/ipv4.ts";
import { parseMac } from "../wire/mac.ts";
import type { JoinFile, JoinTicket } from "./join-grant.ts";

/** The SHA-256 of a token, in lower-case hexadecimal digits: what a ticket is known by. */
export type TokenHash = string;

/** What an operator's tool sends: a ticket and the hash of its token. */
export type TicketWish = { readonly token: TokenHash; readonly ticket: JoinTicket };

/** The file's form; a reader of another one refuses it. */
const format = 1;

/** How much one machine may fetch, and how many machines wait at once. */
const filesMax = 64;
const bundleCharsMax = 1 << 20;
const ticketsMax = 8192;
const cardsMax = 16;

/** The body `{ "tickets": [{ "token", …ticket }] }`; throws `usage.invalid`. */
export function parseTicketWishes(body: string): readonly TicketWish[] {
  try {
    const rows = listAt(readJson(body), "tickets", ticketsMax);
    return rows.map(readRow);
  } catch (error) {
    if (error instanceof WireError) throw new KindlingError("usage.invalid", error.message);
    throw error;
  }
}

/** Tickets as the text of a file. */
export function formatTickets(tickets: ReadonlyMap<TokenHash, JoinTicket>): string {
  const rows = [...tickets].map(([token, ticket]) => {
    return { token, ...ticket, address: formatIpv4(ticket.address) };
  });
  return `${JSON.stringify({ format, tickets: rows })}\n`;
}

/** Undoes `formatTickets`; throws `WireError`. */
export function parseTickets(text: string): ReadonlyMap<TokenHash, JoinTicket> {
  const file = readJson(text);
  if (file["format"] !== format) throw invalid("format", String(format), file["format"]);
  const rows = listAt(file, "tickets", ticketsMax).map(readRow);
  return new Map(rows.map(({ token, ticket }) => [token, ticket]));
}

type Row = Readonly<Record<string, unknown>>;

function readRow(given: unknown): TicketWish {
  const row: Row = { ...Object(given) };
  const token = textAt(row, "token");
  // The token itself, sent by mistake, shall not come back in an error.
  if (!/^[0-9a-f]{64}$/.test(token)) throw invalid("token", "its SHA-256 in hexadecimal", "a text");
  const files = listAt(row, "files", filesMax).map(readFile);
  const chars = files.reduce((sum, { text }) => sum + text.length, 0);
  if (chars > bundleCharsMax) throw invalid("files", `${bundleCharsMax} characters`, chars);
  const ticket = {
    ...{ cluster: nameAt(row, "cluster"), node: nameAt(row, "node") },
    macs: listAt(row, "macs", cardsMax).map((mac) => parseMac(String(mac))),
    address: parseIpv4(textAt(row, "address")),
    expires: timeAt(row, "expires"),
    ...(row["usedAt"] !== undefined && { usedAt: timeAt(row, "usedAt") }),
    files,
  };
  return { token, ticket };
}

function readFile(given: unknown): JoinFile {
  const row: Row = { ...Object(given) };
  const path = textAt(row, "path");
  const parts = path.split("/").slice(1);
  const isPlain = path.startsWith("/") && parts.every((part) => /^(?!\.\.?$)[\w.+@-]+$/.test(part));
  if (!isPlain || path.length > 255) throw invalid("path", "an absolute path of plain names", path);
  const mode = row["mode"];
  const isMode = typeof mode === "number" && Number.isInteger(mode) && mode >= 0 && mode <= 0o777;
  if (!isMode) throw invalid("mode", "0 to 511 (octal 777)", mode);
  const owner = row["owner"] === undefined ? {} : { owner: nameAt(row, "owner") };
  return { path, mode, ...owner, text: textAt(row, "text") };
}

function nameAt(row: Row, field: string): string {
  const name = textAt(row, field);
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/.test(name)) throw invalid(field, "a DNS name", name);
  return name;
}

function textAt(row: Row, field: string): string {
  const value = row[field];
  if (typeof value !== "string") throw invalid(field, "text", value);
  return value;
}

function timeAt(row: Row, field: string): number {
  const value = row[field];
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw invalid(field, "milliseconds since the epoch", value);
}

function listAt(row: Row, field: string, most: number): readonly unknown[] {
  const value = row[field];
  if (Array.isArray(value) && value.length <= most) return value;
  throw invalid(field, `a list of ${most} at most`, Array.isArray(value) ? value.length : value);
}

function readJson(text: string): Row {
  try {
    return { ...JSON.parse(text) };
  } catch (error) {
    // What could not be read may be secret, and the error would quote it.
    if (error instanceof SyntaxError) throw invalid("text", "JSON", "something else");
    throw error;
  }
}

function invalid(field: string, want: string, got: unknown): WireError {
  const shown = JSON.stringify(got) ?? "nothing";
  return new WireError("wire.invalid", `${field}: want ${want}, got ${shown}`, {
    field,
    want,
    got,
  });
}
