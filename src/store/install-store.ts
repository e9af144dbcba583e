import { type Install, InstallStages } from "../boot/install.ts";
import { KindlingError, WireError } from "../errors.ts";
import type { DurableDisk } from "../runtime/durable-file.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import { type MacAddress, parseMac } from "../wire/mac.ts";

/** The file's form; a reader of another one refuses it. */
const format = 1;

/**
 * Opens the file, of which a reader sees the old one or the new one, whole. One that cannot be read is
 * refused, not begun anew: an empty one would have every machine erase its disk.
 */
export async function openInstallStore(path: string, disk: DurableDisk): Promise<InstallStore> {
  return new InstallStore(path, disk, await load(path, disk));
}

/** How far each machine's installation is, so that no restart makes one begin anew. */
export class InstallStore {
  readonly #path: string;
  readonly #disk: DurableDisk;
  readonly #installs: Map<MacAddress, Install>;
  #writing: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(path: string, disk: DurableDisk, installs: Map<MacAddress, Install>) {
    this.#path = path;
    this.#disk = disk;
    this.#installs = installs;
  }

  readonly of = (mac: MacAddress): Install | undefined => this.#installs.get(mac);

  readonly list = (): ReadonlyMap<MacAddress, Install> => this.#installs;

  /** Resolves when a loss of power cannot undo it; rejects with `install-store.unusable`. */
  keep(mac: MacAddress, install: Install): Promise<void> {
    return this.#change(mac, install);
  }

  /** Forgets a machine: its next boot from the network installs it again. False: it was not known. */
  async forget(mac: MacAddress): Promise<boolean> {
    if (!this.#installs.has(mac)) return false;
    await this.#change(mac, undefined);
    return true;
  }

  async #change(mac: MacAddress, install: Install | undefined): Promise<void> {
    const before = this.#installs.get(mac);
    this.#set(mac, install);
    try {
      await this.#save();
    } catch (error) {
      // What is not on disk must not be decided by, unless a later word has replaced it.
      if (this.#installs.get(mac) === install) this.#set(mac, before);
      throw error;
    }
  }

  #set(mac: MacAddress, install: Install | undefined): void {
    if (install === undefined) this.#installs.delete(mac);
    else this.#installs.set(mac, install);
  }

  // Who comes during a write waits for the next one, which is of all that came meanwhile.
  #save(): Promise<void> {
    if (this.#writing === undefined) {
      this.#writing = this.#write().finally(() => {
        this.#writing = undefined;
      });
      return this.#writing;
    }
    this.#next ??= this.#saveAfter(this.#writing);
    return this.#next;
  }

  async #saveAfter(writing: Promise<void>): Promise<void> {
    await writing.catch(() => undefined); // told to those who began it
    this.#next = undefined;
    await this.#save();
  }

  async #write(): Promise<void> {
    const fresh = `${this.#path}.new`;
    try {
      await using file = await this.#disk.open(fresh, "fresh");
      await file.append(Buffer.from(formatInstalls(this.#installs)));
      await this.#disk.replace(fresh, this.#path);
    } catch (error) {
      const cure = "check the folder's rights and free space";
      const cause = systemErrorCode(error);
      const why = `cannot write the installations to ${this.#path}: ${cause}; ${cure}`;
      throw new KindlingError("install-store.unusable", why, {}, error);
    }
  }
}

async function load(path: string, disk: DurableDisk): Promise<Map<MacAddress, Install>> {
  try {
    const bytes = await disk.read(path);
    return bytes === undefined ? new Map() : parseInstalls(Buffer.from(bytes).toString("utf8"));
  } catch (error) {
    const cause = error instanceof WireError ? error.message : systemErrorCode(error);
    const cure = "mend it, or move it away: machines of install groups are then installed again";
    const why = `cannot read the installations in ${path}: ${cause}; ${cure}`;
    throw new KindlingError("install-store.unusable", why, {}, error);
  }
}

/** The file's text: one machine a line, in the order of their addresses. */
export function formatInstalls(installs: ReadonlyMap<MacAddress, Install>): string {
  const rows = [...installs].sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = rows.map(([mac, install]) => `  ${JSON.stringify({ mac, ...install })}`);
  return `{ "format": ${format}, "machines": [\n${lines.join(",\n")}\n] }\n`;
}

/** Undoes `formatInstalls`; throws `WireError`. */
export function parseInstalls(text: string): Map<MacAddress, Install> {
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
