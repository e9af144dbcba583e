import { type Install, InstallStages } from "../boot/install.ts";
import { WireError } from "../errors.ts";
import { type DurableBook, openDurableBook } from "../runtime/durable-book.ts";
import type { DurableDisk } from "../runtime/durable-file.ts";
import { type MacAddress, parseMac } from "../wire/mac.ts";

/** The file's form; a reader of another one refuses it. */
const format = 1;

/** How far each machine's installation is, so that no restart makes one begin anew. */
export type InstallStore = DurableBook<MacAddress, Install>;

/** A file that cannot be read is refused: an empty one would have every machine erase its disk. */
export async function openInstallStore(path: string, disk: DurableDisk): Promise<InstallStore> {
  return await openDurableBook(path, disk, {
    what: "installations",
    code: "install-store.unusable",
    loss: "machines of install groups are then installed again",
    parse: parseInstalls,
    format: formatInstalls,
  });
}

/** The file's text: one machine a line, in the order of their addresses. */
export function formatInstalls(installs: ReadonlyMap<MacAddress, Install>): string {
  const rows = [...installs].sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = rows.map(([mac, install]) => `  ${JSON.stringify({ mac, ...install })}`);
  return `{ "format": ${format}, "machines": [\n${lines.join(",\n")}\n] }\n`;
}

/** Undoes `formatInstalls`; throws `WireError`. */
export function parseInstalls(text: string): ReadonlyMap<MacAddress, Install> {
  const { format: got, machines } = readJson(text);
  if (got !== format) throw invalid("format", format, got);
  if (!Array.isArray(machines)) throw invalid("machines", "a list", machines);
  return new Map(machines.map(readInstall));
}

function readJson(text: string): Record<string, unknown> {
  try {
    return { ...JSON.parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid("text", "JSON", error.message);
    throw error;
  }
}

function readInstall(row: unknown): [MacAddress, Install] {
  const { mac, generation, stage, at, starts, message } = { ...Object(row) };
  const known = InstallStages.find((one) => one === stage);
  if (known === undefined) throw invalid("stage", InstallStages.join(", "), stage);
  if (typeof generation !== "string") throw invalid("generation", "a word", generation);
  if (!isTime(at)) throw invalid("at", "milliseconds", at);
  if (!Array.isArray(starts) || !starts.every(isTime)) throw invalid("starts", "times", starts);
  const said = typeof message === "string" ? { message } : {};
  return [parseMac(String(mac)), { generation, stage: known, at, starts, ...said }];
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function invalid(field: string, want: unknown, got: unknown): WireError {
  const message = `${field}: want ${want}, got ${JSON.stringify(got) ?? "nothing"}`;
  return new WireError("wire.invalid", message, { field, want, got });
}
