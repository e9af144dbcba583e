import { KindlingError, WireError } from "../errors.ts";
import { isWithin, parseName } from "./name.ts";
import type { StaticRecord } from "./record.ts";
import type { DnsSettings } from "./settings.ts";

/** Records that were given to the running daemon, such as the names of a cluster, beside those of the settings. */
export type KeptRecords = { readonly domain: string; readonly records: readonly StaticRecord[] };

/** Whose they are → what they are. */
export type RecordBook = ReadonlyMap<string, KeptRecords>;

/** The file's form; a reader of another one refuses it. */
const format = 1;
const recordsMax = 20_000;
const types: readonly string[] = ["A", "AAAA", "CNAME", "MX", "NS", "TXT", "SRV"];

/** The body `{ "domain", "records": [{ "name", "type", "value", "ttl"? }] }`; throws `usage.invalid`. */
export function parseRecordWish(body: string): KeptRecords {
  try {
    return readKept(readJson(body));
  } catch (error) {
    if (error instanceof WireError) throw new KindlingError("usage.invalid", error.message);
    throw error;
  }
}

/** The settings with the kept records in them: in the zone they belong to, or in one of their own. */
export function withKeptRecords(settings: DnsSettings, kept: RecordBook): DnsSettings {
  return [...kept.values()].reduce(addKept, settings);
}

function addKept(settings: DnsSettings, { domain, records }: KeptRecords): DnsSettings {
  // With a final dot a name is whole, whatever zone it stands in.
  const whole = records.map((record) => ({
    ...record,
    name: `${record.name.replace(/\.$/, "")}.`,
  }));
  if (isWithin(parseName(domain), parseName(settings.domain))) {
    return { ...settings, records: [...settings.records, ...whole] };
  }
  const zone = settings.zones.find((one) => parseName(one.domain) === parseName(domain));
  const others = settings.zones.filter((one) => one !== zone);
  const next = { domain, records: [...(zone?.records ?? []), ...whole] };
  return { ...settings, zones: [...others, next] };
}

/** The book as the text of a file. */
export function formatRecordBook(book: RecordBook): string {
  return `${JSON.stringify({ format, owners: Object.fromEntries(book) }, null, 1)}\n`;
}

/** Undoes `formatRecordBook`; throws `WireError`. */
export function parseRecordBook(text: string): RecordBook {
  const file = readJson(text);
  if (file["format"] !== format) throw invalid("format", String(format), file["format"]);
  const owners: Row = { ...Object(file["owners"]) };
  return new Map(Object.entries(owners).map(([owner, row]) => [owner, readKept(row)]));
}

type Row = Readonly<Record<string, unknown>>;

function readKept(given: unknown): KeptRecords {
  const { domain, records }: Row = { ...Object(given) };
  if (typeof domain !== "string") throw invalid("domain", "a domain name", domain);
  parseName(domain);
  if (!Array.isArray(records) || records.length > recordsMax) {
    throw invalid("records", `a list of ${recordsMax} at most`, typeof records);
  }
  return { domain, records: records.map((record) => readRecord(record, domain)) };
}

function readRecord(given: unknown, domain: string): StaticRecord {
  const { name, type, value, ttl }: Row = { ...Object(given) };
  if (typeof name !== "string" || !isWithin(parseName(name), parseName(domain))) {
    throw invalid("name", `a name in ${domain}`, name);
  }
  if (!isType(type)) throw invalid("type", types.join(", "), type);
  if (typeof value !== "string") throw invalid("value", "text", value);
  const isTtl = typeof ttl === "number" && Number.isInteger(ttl) && ttl >= 0 && ttl < 2 ** 31;
  if (ttl !== undefined && !isTtl) throw invalid("ttl", "seconds", ttl);
  return { name, type, value, ...(isTtl && { ttl }) };
}

function isType(type: unknown): type is StaticRecord["type"] {
  return typeof type === "string" && types.includes(type);
}

function readJson(text: string): Row {
  try {
    return { ...JSON.parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid("text", "JSON", error.message);
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
