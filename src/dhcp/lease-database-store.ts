import { existsSync, renameSync } from "node:fs";
import { KindlingError } from "../errors.ts";
import type { Log } from "../runtime/log.ts";
import type { Ipv4Address } from "../wire/ipv4.ts";
import { parseMac } from "../wire/mac.ts";
import { parseUuid } from "../wire/uuid.ts";
import type { Lease } from "./lease.ts";
import type { BindingKey } from "./request.ts";

/** The only schema there was. */
const schemaVersion = 1;

/**
 * The leases of the SQLite database that earlier versions kept; undefined where there is none. One that
 * cannot be read is set aside, and the log says so.
 */
export async function readLeaseDatabase(
  path: string,
  { log, now }: { readonly log: Log; readonly now: () => number },
): Promise<readonly Lease[] | undefined> {
  if (!existsSync(path)) return undefined;
  try {
    const rows = await readRows(path);
    log.info("leases of an earlier version are taken over", { path, leases: rows.length });
    return rows.map(leaseOf);
  } catch (error) {
    if (!isDamage(error)) throw error;
    const aside = `${path}.damaged-${now()}`;
    moveDatabase(path, aside);
    const fields = { path, setAside: aside, error: String(error) };
    log.error("lease file is damaged; starting with an empty one", fields);
    return undefined;
  }
}

/** Gives the database a name that neither version opens, once its leases are safe elsewhere. */
export function setDatabaseAside(path: string): void {
  moveDatabase(path, `${path}.taken-over`);
}

function moveDatabase(path: string, name: string): void {
  for (const suffix of ["", "-wal", "-shm"]) {
    if (existsSync(path + suffix)) renameSync(path + suffix, name + suffix);
  }
}

type Row = Readonly<Record<string, unknown>>;

async function readRows(path: string): Promise<readonly Row[]> {
  const { DatabaseSync } = await import("node:sqlite"); // for one start after an upgrade only
  const database = new DatabaseSync(path);
  try {
    const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (version > schemaVersion) {
      const want = `the lease file ${path} wants schema ${schemaVersion}, got ${version}`;
      const cure = "start the newer kindling that wrote it";
      throw new KindlingError("lease-store.unusable", `${want}: ${cure}`, { path });
    }
    if (version === 0) return []; // made, and never written
    return database.prepare("SELECT * FROM leases ORDER BY expires").all();
  } finally {
    database.close();
  }
}

// Result codes of sqlite3.h: 11 SQLITE_CORRUPT, 26 SQLITE_NOTADB; the low byte is the primary code.
function isDamage(error: unknown): boolean {
  const code = error instanceof Error && "errcode" in error ? Number(error.errcode) & 255 : 0;
  return code === 11 || code === 26;
}

function leaseOf(row: Row): Lease {
  const { address, key, state, expires, relayed, mac, uuid, hostname } = row;
  return {
    // proven: a STRICT table with CHECKs held nothing but leases
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
