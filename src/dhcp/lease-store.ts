import { existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { KindlingError } from "../errors.ts";
import type { Log } from "../runtime/log.ts";
import type { Ipv4Address } from "../wire/ipv4.ts";
import { parseMac } from "../wire/mac.ts";
import { parseUuid } from "../wire/uuid.ts";
import type { Lease } from "./lease.ts";
import type { BindingKey } from "./request.ts";

/**
 * Leases on disk. When `save` returns they survive the loss of power (RFC 2131 §4.3.1 asks that
 * before an ACK).
 */
export type LeaseStore = Disposable & {
  load(): readonly Lease[];
  /** All or none of them; throws `lease-store.unusable` when they are not safe. */
  save(leases: readonly Lease[]): void;
};

export type LeaseStoreDeps = {
  readonly path: string;
  readonly log: Log;
  /** Milliseconds since the epoch, for the name of a file that is set aside. */
  readonly now: () => number;
};

const schemaVersion = 1;

// One row for each address ever leased, so the table is no larger than the pools.
const Schema = `
  CREATE TABLE leases (
    address INTEGER PRIMARY KEY CHECK (address BETWEEN 0 AND 4294967295),
    key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('bound', 'released', 'declined')),
    expires INTEGER NOT NULL,
    relayed INTEGER NOT NULL CHECK (relayed IN (0, 1)),
    mac TEXT,
    uuid TEXT,
    hostname TEXT
  ) STRICT;
  PRAGMA user_version = ${schemaVersion};`;

/** The files of the database at `path`; all but the first come and go. */
export function databaseFiles(path: string): readonly string[] {
  return ["", "-wal", "-shm"].map((suffix) => path + suffix);
}

/**
 * Opens or makes the database and its folder. A file that cannot be read is set aside under another
 * name, never deleted, and the log says so: a link without addresses is worse than one whose clients
 * are asked to show theirs again. A file of a newer Kindling is not touched and ends the start.
 */
export function openLeaseStore(deps: LeaseStoreDeps): LeaseStore {
  try {
    mkdirSync(dirname(deps.path), { recursive: true });
    return wrap(openChecked(deps.path), deps.path);
  } catch (error) {
    if (!isDamage(error)) throw unusable(deps.path, "cannot be opened", error);
    const aside = setAside(deps.path, deps.now());
    deps.log.error("lease file is damaged; starting with an empty one", {
      path: deps.path,
      setAside: aside,
      error: String(error),
    });
  }
  try {
    return wrap(openChecked(deps.path), deps.path);
  } catch (error) {
    throw unusable(deps.path, "cannot be made anew", error);
  }
}

function openChecked(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    const check = database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
    if (check !== "ok") throw new DamagedFile(String(check));
    const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (version > schemaVersion) {
      const want = `the lease file ${path} wants schema ${schemaVersion}, got ${version}`;
      const cure = "start the newer kindling that wrote it";
      throw new KindlingError("lease-store.unusable", `${want}: ${cure}`, { path });
    }
    // FULL: in WAL mode NORMAL would leave the last commits to a power cut.
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
    if (version === 0) database.exec(`BEGIN IMMEDIATE; ${Schema} COMMIT;`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

class DamagedFile extends Error {}

// Result codes of sqlite3.h: 11 SQLITE_CORRUPT, 26 SQLITE_NOTADB; the low byte is the primary code.
function isDamage(error: unknown): boolean {
  if (error instanceof DamagedFile) return true;
  const code = error instanceof Error && "errcode" in error ? Number(error.errcode) & 255 : 0;
  return code === 11 || code === 26;
}

function setAside(path: string, now: number): string {
  const aside = `${path}.damaged-${now}`;
  for (const file of databaseFiles(path)) {
    if (existsSync(file)) renameSync(file, file.replace(path, aside));
  }
  return aside;
}

const saveLease = `
  INSERT INTO leases (address, key, state, expires, relayed, mac, uuid, hostname)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (address) DO UPDATE SET key = excluded.key, state = excluded.state,
    expires = excluded.expires, relayed = excluded.relayed, mac = excluded.mac,
    uuid = excluded.uuid, hostname = excluded.hostname`;

function wrap(database: DatabaseSync, path: string): LeaseStore {
  const upsert = database.prepare(saveLease);
  // By expiry: a client's newest lease comes last, which `leasesOf` promises.
  const select = database.prepare("SELECT * FROM leases ORDER BY expires");
  return {
    load: () => select.all().map(leaseOf),
    save(leases) {
      try {
        database.exec("BEGIN IMMEDIATE");
        for (const lease of leases) upsert.run(...columnsOf(lease));
        database.exec("COMMIT");
      } catch (error) {
        if (database.isTransaction) database.exec("ROLLBACK");
        throw unusable(path, "did not take a lease", error);
      }
    },
    [Symbol.dispose]: () => database.close(),
  };
}

function columnsOf(lease: Lease): (string | number | null)[] {
  const { address, key, state, expires, relayed, mac, uuid, hostname } = lease;
  return [
    address,
    key,
    state,
    expires,
    Number(relayed),
    mac ?? null,
    uuid ?? null,
    hostname ?? null,
  ];
}

function leaseOf(row: Record<string, SQLOutputValue>): Lease {
  const { address, key, state, expires, relayed, mac, uuid, hostname } = row;
  return {
    // proven: a STRICT table with CHECKs holds nothing but what `columnsOf` wrote
    address: Number(address) as Ipv4Address,
    key: String(key) as BindingKey,
    state: String(state) as Lease["state"],
    expires: Number(expires),
    relayed: relayed === 1,
    ...(typeof mac === "string" && { mac: parseMac(mac) }),
    ...(typeof uuid === "string" && { uuid: parseUuid(uuid) }),
    ...(typeof hostname === "string" && { hostname }),
  };
}

function unusable(path: string, what: string, cause: unknown): KindlingError {
  if (cause instanceof KindlingError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  const cure = "check the folder's rights and free space";
  const message = `the lease file ${path} ${what}: ${why}; ${cure}`;
  return new KindlingError("lease-store.unusable", message, { path }, cause);
}
