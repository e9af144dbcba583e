import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openLeaseStore } from "../../src/dhcp/lease-store.ts";
import { type Log, silentLog } from "../../src/runtime/log.ts";
import { clientMac } from "../support/dhcp-message.ts";
import { ip, noon } from "../support/dhcp-site.ts";
import { hour, lease, otherMac } from "../support/dhcp-world.ts";

let folder = "";
const errors: string[] = [];
const log: Log = { ...silentLog, error: (message) => errors.push(message) };
const open = () => openLeaseStore({ path: join(folder, "leases.journal"), log, now: () => noon });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kindling-leases-"));
  errors.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

// As version 1 made it.
const Schema = `CREATE TABLE leases (address INTEGER PRIMARY KEY, key TEXT NOT NULL, state TEXT NOT NULL,
  expires INTEGER NOT NULL, relayed INTEGER NOT NULL, mac TEXT, uuid TEXT, hostname TEXT) STRICT;
  PRAGMA user_version = 1; PRAGMA journal_mode = WAL;`;

function fillDatabase(rows: readonly { at: string; mac: string; expires: number }[]): void {
  const database = new DatabaseSync(join(folder, "leases.db"));
  database.exec(Schema);
  const insert = database.prepare(
    "INSERT INTO leases VALUES (?, ?, 'bound', ?, 1, ?, NULL, 'node')",
  );
  for (const { at, mac, expires } of rows) insert.run(ip(at), mac, expires, mac);
  database.close();
}

const moved = { relayed: true, hostname: "node" };

it("takes over the leases of version 1, once", async () => {
  fillDatabase([{ at: "10.77.0.120", mac: clientMac, expires: noon }]);
  const want = [lease({ at: "10.77.0.120", expires: noon, ...moved })];
  for (let start = 0; start < 2; start += 1) {
    await using store = await open();
    expect(store.loaded.leases).toEqual(want);
  }
  expect(existsSync(join(folder, "leases.db"))).toBe(false);
  expect(existsSync(join(folder, "leases.db.taken-over"))).toBe(true);
  expect(errors).toEqual([]);
});

it("joins what version 1 gave between two lives of this one: the later end counts", async () => {
  const [ours, theirs] = [lease({ at: "10.77.0.120" }), lease({ at: "10.77.0.121" })];
  {
    await using store = await open();
    await store.save([[ours], [theirs]], { wall: noon, time: noon });
  }
  fillDatabase([
    { at: "10.77.0.120", mac: otherMac, expires: noon }, // sooner than ours
    { at: "10.77.0.121", mac: otherMac, expires: noon + 2 * hour },
    { at: "10.77.0.122", mac: otherMac, expires: noon + 3 * hour },
  ]);
  await using store = await open();
  expect(store.loaded.leases).toEqual([
    ours,
    lease({ at: "10.77.0.121", of: otherMac, expires: noon + 2 * hour, ...moved }),
    lease({ at: "10.77.0.122", of: otherMac, expires: noon + 3 * hour, ...moved }),
  ]);
});

it("sets a damaged database aside and starts", async () => {
  writeFileSync(join(folder, "leases.db"), "no database at all ".repeat(500));
  await using store = await open();
  expect(store.loaded.leases).toEqual([]);
  expect(errors).toEqual(["lease file is damaged; starting with an empty one"]);
  expect(readdirSync(folder)).toContain(`leases.db.damaged-${noon}`);
});

it("does not touch a database of a newer schema", async () => {
  const database = new DatabaseSync(join(folder, "leases.db"));
  database.exec("PRAGMA user_version = 99");
  database.close();
  await expect(open()).rejects.toThrow(/wants schema 1, got 99/);
  expect(readdirSync(folder)).toContain("leases.db");
});

it("takes a database that was made and never written for an empty one", async () => {
  writeFileSync(join(folder, "leases.db"), "");
  await using store = await open();
  expect(store.loaded.leases).toEqual([]);
});
