import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { assertNever, KindlingError } from "../errors.ts";
import { type DurableDisk, durableDisk } from "../runtime/durable-file.ts";
import { type LockAttempt, lockFile } from "../runtime/file-lock.ts";
import type { Log } from "../runtime/log.ts";
import { JournalStore, unusableStore } from "./journal-store.ts";
import type { Lease } from "./lease.ts";
import type { TimeMark } from "./lease-clock.ts";
import { readLeaseDatabase, setDatabaseAside } from "./lease-database-store.ts";
import {
  type JournalContent,
  type JournalReading,
  journalVersion,
  parseJournal,
} from "./lease-journal.ts";

/** Leases on disk. One that was saved survives the loss of power (RFC 2131 §4.3.1 asks that before an ACK). */
export type LeaseStore = AsyncDisposable & {
  /** What was there at the start. */
  readonly loaded: LoadedLeases;
  /** How long the file has grown. */
  readonly lines: number;
  /**
   * Resolves when all are durable; each element counts as a whole or not at all. Throws
   * `lease-store.unusable` when they are not safe; from then on only `rewrite` helps.
   */
  save(changes: readonly (readonly Lease[])[], mark: TimeMark): Promise<void>;
  /**
   * Writes a file with these and what is saved meanwhile, and puts it in the place of the other. The old
   * one counts until the new one is durable.
   */
  rewrite(leases: readonly Lease[], mark: TimeMark): Promise<void>;
};

export type LoadedLeases = {
  readonly leases: readonly Lease[];
  readonly mark?: TimeMark;
  /** The leases could be read, but the file takes no more: it wants a `rewrite` first. */
  readonly failure?: KindlingError;
};

export type LeaseStoreDeps = {
  readonly path: string;
  readonly log: Log;
  /** Milliseconds since the epoch, for the name of a file that is set aside. */
  readonly now: () => number;
  readonly disk?: DurableDisk;
  readonly lock?: (path: string) => LockAttempt;
};

/** The files of the leases at `path`; all but the first come and go. */
export function leaseFiles(path: string): readonly string[] {
  return ["", ".new", ".lock"].map((suffix) => path + suffix);
}

/**
 * Opens or makes the file and its folder. A file that cannot be understood is set aside under another name,
 * never deleted, and the log says so: a link without addresses is worse than one whose clients are asked
 * to show theirs again. A file of a newer Kindling is not touched and ends the start.
 */
export async function openLeaseStore(deps: LeaseStoreDeps): Promise<LeaseStore> {
  const { path, disk = durableDisk } = deps;
  const older = `${dirname(path)}/leases.db`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    await using resources = new AsyncDisposableStack();
    const lock = resources.use(take((deps.lock ?? lockFile)(`${path}.lock`), path));
    const reading = parseJournal((await disk.read(path)) ?? new Uint8Array());
    const content = await judge(reading, disk, deps);
    const database = await readLeaseDatabase(older, deps);
    const leases = database === undefined ? content.leases : join(content.leases, database);
    const isFit = reading.kind === "sound" && reading.torn === 0 && database === undefined;
    const file = isFit ? await disk.open(path, "existing") : undefined;
    const { mark, lines } = content;
    const loaded = { leases, ...(mark && { mark }) };
    const store = resources.use(new JournalStore({ path, disk, lock, loaded, file, lines }));
    if (!isFit) await store.begin(reading.kind === "empty" ? "must" : "may-fail");
    if (database !== undefined && store.loaded.failure === undefined) setDatabaseAside(older);
    resources.move();
    return store;
  } catch (error) {
    throw unusableStore(path, "cannot be opened", error);
  }
}

function take(attempt: LockAttempt, path: string): Disposable {
  if (attempt.kind === "locked") return attempt;
  const holder = attempt.pid === "" ? "another process" : `process ${attempt.pid}`;
  const cure = "stop that one, or give this one a state.folder of its own";
  const message = `the lease file ${path} is in use by ${holder}: ${cure}`;
  throw new KindlingError("lease-store.unusable", message, { path });
}

// What is set aside keeps its old name too, until a sound file is durable and takes that.
async function judge(
  reading: JournalReading,
  disk: DurableDisk,
  { path, log, now }: LeaseStoreDeps,
): Promise<JournalContent> {
  const setAside = `${path}.damaged-${now()}`;
  switch (reading.kind) {
    case "sound":
      if (reading.torn > 0) {
        log.warn("lease file ends in a torn line", { path, bytes: reading.torn });
      }
      return reading;
    case "damaged": {
      const { badLines, leases } = reading;
      await disk.link(path, setAside);
      const fields = { path, setAside, badLines, leases: leases.length };
      log.error("lease file is damaged; its sound lines count", fields);
      return reading;
    }
    case "garbage":
      await disk.link(path, setAside);
      log.error("lease file is damaged; starting with an empty one", { path, setAside });
      return { leases: [], lines: 0 };
    case "empty":
      return { leases: [], lines: 0 };
    case "newer": {
      const want = `the lease file ${path} wants version ${journalVersion}, got ${reading.version}`;
      const cure = "start the newer kindling that wrote it";
      throw new KindlingError("lease-store.unusable", `${want}: ${cure}`, { path });
    }
    default:
      return assertNever(reading);
  }
}

// An older version may have served in between: of each address the later end counts.
function join(leases: readonly Lease[], others: readonly Lease[]): readonly Lease[] {
  const all = new Map(leases.map((lease) => [lease.address, lease]));
  for (const other of others) {
    const held = all.get(other.address);
    if (held === undefined || held.expires < other.expires) all.set(other.address, other);
  }
  return [...all.values()].sort((a, b) => a.expires - b.expires);
}
