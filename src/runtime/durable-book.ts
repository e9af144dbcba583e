import { type ErrorCode, KindlingError, WireError } from "../errors.ts";
import type { DurableDisk } from "./durable-file.ts";
import { systemErrorCode } from "./system-error.ts";

/** What a book is, in words and as text. */
export type BookForm<K, V> = {
  /** What it holds, for the operator: "installations". */
  readonly what: string;
  readonly code: ErrorCode;
  /** What it costs to begin without the file. */
  readonly loss: string;
  /** Throws `WireError`. */
  readonly parse: (text: string) => ReadonlyMap<K, V>;
  readonly format: (entries: ReadonlyMap<K, V>) => string;
};

/**
 * Opens the file, of which a reader sees the old one or the new one, whole. One that cannot be read is
 * refused with the form's code, and never begun anew over.
 */
export async function openDurableBook<K, V>(
  path: string,
  disk: DurableDisk,
  form: BookForm<K, V>,
): Promise<DurableBook<K, V>> {
  return new DurableBook({ path, disk, form }, new Map(await load(path, disk, form)));
}

type Home<K, V> = {
  readonly path: string;
  readonly disk: DurableDisk;
  readonly form: BookForm<K, V>;
};

/** A few thousand entries in memory and in one file. What was kept outlives the loss of power. */
export class DurableBook<K, V> {
  readonly #home: Home<K, V>;
  readonly #entries: Map<K, V>;
  #writing: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(home: Home<K, V>, entries: Map<K, V>) {
    this.#home = home;
    this.#entries = entries;
  }

  readonly of = (key: K): V | undefined => this.#entries.get(key);

  readonly list = (): ReadonlyMap<K, V> => this.#entries;

  /** Resolves when a loss of power cannot undo it; rejects with the form's code, and nothing has changed. */
  keep(key: K, value: V): Promise<void> {
    return this.#change(key, value);
  }

  /** As `keep`; false: it was not known. */
  async forget(key: K): Promise<boolean> {
    if (!this.#entries.has(key)) return false;
    await this.#change(key, undefined);
    return true;
  }

  async #change(key: K, value: V | undefined): Promise<void> {
    const before = this.#entries.get(key);
    this.#set(key, value);
    try {
      await this.#save();
    } catch (error) {
      // What is not on disk must not be decided by, unless a later word has replaced it.
      if (this.#entries.get(key) === value) this.#set(key, before);
      throw error;
    }
  }

  #set(key: K, value: V | undefined): void {
    if (value === undefined) this.#entries.delete(key);
    else this.#entries.set(key, value);
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
    const { path, disk, form } = this.#home;
    const fresh = `${path}.new`;
    try {
      await using file = await disk.open(fresh, "fresh");
      await file.append(Buffer.from(form.format(this.#entries)));
      await disk.replace(fresh, path);
    } catch (error) {
      const cure = "check the folder's rights and free space";
      const why = `cannot write the ${form.what} to ${path}: ${systemErrorCode(error)}; ${cure}`;
      throw new KindlingError(form.code, why, {}, error);
    }
  }
}

async function load<K, V>(
  path: string,
  disk: DurableDisk,
  { what, code, loss, parse }: BookForm<K, V>,
): Promise<ReadonlyMap<K, V>> {
  try {
    const bytes = await readIfThere(path, disk);
    return bytes === undefined ? new Map() : parse(Buffer.from(bytes).toString("utf8"));
  } catch (error) {
    const cause = error instanceof WireError ? error.message : systemErrorCode(error);
    const why = `cannot read the ${what} in ${path}: ${cause}; mend it, or move it away: ${loss}`;
    throw new KindlingError(code, why, {}, error);
  }
}

// Where its folder is no folder there is no file either; whoever writes is told.
async function readIfThere(path: string, disk: DurableDisk): Promise<Uint8Array | undefined> {
  try {
    return await disk.read(path);
  } catch (error) {
    if (systemErrorCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
}
