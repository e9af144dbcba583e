import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Lease } from "../../src/dhcp/lease.ts";
import { openLeaseStore } from "../../src/dhcp/lease-store.ts";
import { type Log, silentLog } from "../../src/runtime/log.ts";
import { addToIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { parseUuid } from "../../src/wire/uuid.ts";
import { requestOf } from "../support/dhcp-message.ts";
import { ip, noon } from "../support/dhcp-site.ts";

let folder = "";
const path = () => join(folder, "leases.db");
const errors: string[] = [];
const log: Log = { ...silentLog, error: (message) => errors.push(message) };
const open = () => openLeaseStore({ path: path(), log, now: () => noon });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kindling-leases-"));
  errors.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

const plain: Lease = {
  address: ip("10.77.0.120"),
  key: requestOf({}).key,
  state: "bound",
  expires: noon,
  relayed: false,
};
const full: Lease = {
  ...plain,
  address: ip("255.255.255.254"),
  relayed: true,
  mac: parseMac("52:54:00:77:00:10"),
  uuid: parseUuid("33221100-5544-7766-8899-aabbccddeeff"),
  hostname: "node-1",
};

it("gives back what it was given, after a close and a replacement", () => {
  {
    using store = open();
    store.save([plain, full]);
    store.save([{ ...full, state: "released", expires: noon + 1 }]);
  }
  using store = open();
  expect(store.load()).toEqual([plain, { ...full, state: "released", expires: noon + 1 }]);
  expect(errors).toEqual([]);
});

it("keeps all leases of a save or none", () => {
  using store = open();
  const impossible = { ...full, state: "lost" } as unknown as Lease; // what the CHECK must refuse
  expect(() => store.save([plain, impossible])).toThrow(/did not take a lease/);
  expect(store.load()).toEqual([]);
  store.save([plain]);
  expect(store.load()).toEqual([plain]);
});

const damages = [
  {
    name: "text",
    damage: (sound: Buffer) => Buffer.from("no database at all ".repeat(sound.length / 19)),
  },
  { name: "torn in a page", damage: (sound: Buffer) => sound.subarray(0, 3 * 4096 + 100) },
  {
    name: "overwritten in the middle",
    damage: (sound: Buffer) => Buffer.from(sound).fill(0x5a, 4096),
  },
];
it.each(damages)("sets a file aside that is $name, says so and starts empty", ({ damage }) => {
  {
    using store = open();
    const many = Array.from({ length: 500 }, (_, index) => addToIpv4(plain.address, index));
    store.save(many.map((address) => ({ ...full, address })));
  }
  const sound = readFileSync(path());
  const torn = damage(sound);
  writeFileSync(path(), torn);
  using store = open();
  expect(store.load()).toEqual([]);
  expect(errors).toEqual(["lease file is damaged; starting with an empty one"]);
  expect(readFileSync(`${path()}.damaged-${noon}`).equals(torn)).toBe(true);
});

it("does not touch a file of a newer schema", () => {
  const database = new DatabaseSync(path());
  database.exec("PRAGMA user_version = 99");
  database.close();
  expect(open).toThrow(/wants schema 1, got 99/);
  expect(readdirSync(folder)).toEqual(["leases.db"]);
});

it("makes its folder, and names the path and the cure when that cannot be", () => {
  const missing = join(folder, "no", "leases.db");
  openLeaseStore({ path: missing, log, now: () => noon })[Symbol.dispose]();
  const inFile = join(missing, "leases.db");
  expect(() => openLeaseStore({ path: inFile, log, now: () => noon })).toThrow(/check the folder/);
});

it("loses no lease whose save returned, when its writer is killed", async () => {
  const writer = join(import.meta.dirname, "../support/lease-writer.ts");
  const child = spawn(process.execPath, [writer, path()], { stdio: ["ignore", "pipe", "inherit"] });
  let acked = 0;
  for await (const line of createInterface(child.stdout)) {
    acked = Number(line);
    if (acked >= 25) break;
  }
  child.kill("SIGKILL");
  await once(child, "exit");
  using store = open();
  const saved = store.load().length;
  expect(saved).toBeGreaterThanOrEqual(acked);
  expect(errors).toEqual([]);
});
