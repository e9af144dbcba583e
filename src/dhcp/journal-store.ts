import { setImmediate } from "node:timers/promises";
import { KindlingError } from "../errors.ts";
import type { DurableDisk, DurableFile } from "../runtime/durable-file.ts";
import type { Lease } from "./lease.ts";
import type { TimeMark } from "./lease-clock.ts";
import { formatLeases, journalHeader } from "./lease-journal.ts";
import type { LeaseStore, LoadedLeases } from "./lease-store.ts";

/** So many leases are formatted before others get a turn: 1 ms. */
const rewriteSlice = 256;

export type JournalParts = {
  readonly path: string;
  readonly disk: DurableDisk;
  readonly lock: Disposable;
  readonly loaded: LoadedLeases;
  readonly file: DurableFile | undefined;
  readonly lines: number;
};

/** Leases in a file that grows, and is written anew beside itself when most of it is past. */
export class JournalStore implements LeaseStore {
  readonly #path: string;
  readonly #disk: DurableDisk;
  readonly #lock: Disposable;
  #loaded: LoadedLeases;
  #file: DurableFile | undefined;
  #lines: number;
  /** What was saved since a rewrite began, which its file lacks. */
  #meanwhile: string[] | undefined;
  /** A write to the file, or the change from one file to the next: one at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor({ path, disk, lock, loaded, file, lines }: JournalParts) {
    this.#path = path;
    this.#disk = disk;
    this.#lock = lock;
    this.#loaded = loaded;
    this.#file = file;
    this.#lines = lines;
  }

  get loaded(): LoadedLeases {
    return this.#loaded;
  }

  get lines(): number {
    return this.#lines;
  }

  /** Writes the file that the start found missing or unsound. `may-fail`: what was read can be served. */
  async begin(kind: "must" | "may-fail"): Promise<void> {
    try {
      await this.rewrite(this.#loaded.leases, this.#loaded.mark);
    } catch (error) {
      if (kind === "must" || !(error instanceof KindlingError)) throw error;
      this.#loaded = { ...this.#loaded, failure: error };
    }
  }

  save(changes: readonly (readonly Lease[])[], mark: TimeMark): Promise<void> {
    const [first = [], ...others] = changes;
    const lines = [formatLeases(first, mark), ...others.map((leases) => formatLeases(leases))];
    const text = lines.join("");
    return this.#inTurn(async () => {
      const file = this.#file;
      try {
        if (file === undefined) throw new Error("an earlier write failed");
        await file.append(Buffer.from(text));
      } catch (error) {
        // The file may end anywhere within this text, and after a failed sync nobody knows what of it
        // is on the disk; so nothing is appended to it again.
        this.#file = undefined;
        await close(file);
        throw unusableStore(this.#path, "did not take a lease", error);
      }
      this.#lines += lines.length;
      this.#meanwhile?.push(...lines);
    });
  }

  async rewrite(leases: readonly Lease[], mark?: TimeMark): Promise<void> {
    const name = `${this.#path}.new`;
    this.#meanwhile = []; // at once: what is saved while the file is being made counts too
    try {
      await using next = new AsyncDisposableStack();
      const file = next.use(await this.#disk.open(name, "fresh"));
      let lines = mark === undefined ? 1 : 2;
      await file.append(Buffer.from(journalHeader + (mark ? formatLeases([], mark) : "")));
      for (let at = 0; at < leases.length; at += rewriteSlice) {
        const slice = leases.slice(at, at + rewriteSlice).map((lease) => formatLeases([lease]));
        await file.append(Buffer.from(slice.join("")));
        lines += slice.length;
        await setImmediate();
      }
      await this.#inTurn(async () => {
        const meanwhile = this.#meanwhile ?? [];
        await file.append(Buffer.from(meanwhile.join("")));
        const before = this.#file;
        this.#file = undefined; // halfway between two files nothing may be saved
        await close(before);
        await this.#disk.replace(name, this.#path);
        next.move();
        this.#file = file;
        this.#lines = lines + meanwhile.length;
      });
    } catch (error) {
      await this.#disk.remove(name).catch(() => {}); // its room is wanted, and it may not have been made
      throw unusableStore(this.#path, "cannot be written anew", error);
    } finally {
      this.#meanwhile = undefined;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn;
    await this.#file?.[Symbol.asyncDispose]();
    this.#file = undefined;
    this.#lock[Symbol.dispose]();
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(task);
    this.#turn = done.catch(() => {});
    return done;
  }
}

// Closing reports what failed before; that was told already.
async function close(file: DurableFile | undefined): Promise<void> {
  try {
    await file?.[Symbol.asyncDispose]();
  } catch {}
}

/** The error of every call here, with its cure. */
export function unusableStore(path: string, what: string, cause: unknown): KindlingError {
  if (cause instanceof KindlingError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  const cure = "check the folder's rights and free space";
  const message = `the lease file ${path} ${what}: ${why}; ${cure}`;
  return new KindlingError("lease-store.unusable", message, { path }, cause);
}
