import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { crc32 } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Lease } from "../../src/dhcp/lease.ts";
import { formatLeases, journalHeader } from "../../src/dhcp/lease-journal.ts";
import { openLeaseStore } from "../../src/dhcp/lease-store.ts";
import type { DurableDisk } from "../../src/runtime/durable-file.ts";
import { type Log, silentLog } from "../../src/runtime/log.ts";
import { addToIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { parseUuid } from "../../src/wire/uuid.ts";
import { requestOf } from "../support/dhcp-message.ts";
import { ip, noon } from "../support/dhcp-site.ts";
import { FakeDisk } from "../support/fake-disk.ts";

let folder = "";
const path = () => join(folder, "leases.journal");
const lines: string[] = [];
const say = (level: string) => (message: string) => void lines.push(`${level}: ${message}`);
const log: Log = { ...silentLog, warn: say("warn"), error: say("error") };
const open = (disk?: DurableDisk) =>
  openLeaseStore({ path: path(), log, now: () => noon, ...(disk && { disk }) });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kindling-leases-"));
  lines.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

const mark = { wall: noon + 5, time: noon };
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
  relayAgent: "010465746831",
  clientId: "01525400770010",
};
const released: Lease = { ...full, state: "released", expires: noon + 1 };
const many = Array.from({ length: 500 }, (_, index): Lease => {
  return { ...full, address: addToIpv4(plain.address, index) };
});

it("gives back what it was given, and the time of it, after a close and a replacement", async () => {
  {
    await using store = await open();
    await store.save([[plain, full], []], mark);
    await store.save([[released]], { wall: 1, time: 2 });
  }
  await using store = await open();
  expect(store.loaded).toEqual({ leases: [plain, released], mark: { wall: 1, time: 2 } });
  expect(store.lines).toBe(4);
  expect(lines).toEqual([]);
});

it("writes anew what it is told and what is saved meanwhile, and nothing of the past", async () => {
  {
    await using store = await open();
    for (let round = 0; round < 5; round += 1)
      await store.save(
        many.map((one) => [one]),
        mark,
      );
    const rewriting = store.rewrite(many, mark);
    await store.save([[plain]], mark);
    await rewriting;
    expect(store.lines).toBe(1 + 1 + 500 + 1);
    await store.save([[released]], mark);
  }
  await using store = await open();
  expect(store.loaded.leases).toHaveLength(501);
  expect(store.loaded.leases.slice(-2)).toEqual([plain, released]);
  expect(store.lines).toBe(504);
  expect(readdirSync(folder).sort()).toEqual(["leases.journal", "leases.journal.lock"]);
});

const soundText = journalHeader + many.map((one) => formatLeases([one], mark)).join("");
const damages = [
  {
    name: "is other text",
    file: Buffer.from("no leases at all\n".repeat(500)),
    leases: 0,
    says: "error: lease file is damaged; starting with an empty one",
  },
  {
    name: "has a page of zeros within",
    file: Buffer.from(soundText).fill(0, 8192, 12_288),
    leases: 486,
    says: "error: lease file is damaged; its sound lines count",
  },
];
it.each(damages)("sets a file aside that $name, and says so", async ({ file, leases, says }) => {
  writeFileSync(path(), file);
  {
    await using store = await open();
    expect(store.loaded.leases).toHaveLength(leases);
    expect(lines).toEqual([says]);
    expect(readFileSync(`${path()}.damaged-${noon}`).equals(file)).toBe(true);
    await store.save([[plain]], mark);
  }
  lines.length = 0;
  await using store = await open();
  expect(store.loaded.leases).toContainEqual(plain);
  expect(lines).toEqual([]);
});

const lastLine = soundText.lastIndexOf("\n", soundText.length - 2) + 1;
it.each([
  {
    name: "in its last line",
    length: -10,
    leases: 499,
    says: ["warn: lease file ends in a torn line"],
  },
  { name: "at the end of a line", length: lastLine, leases: 499, says: [] },
  { name: "to nothing", length: 0, leases: 0, says: [] },
])("goes on with a file that was cut $name", async ({ length, leases, says }) => {
  writeFileSync(path(), soundText.slice(0, length));
  {
    await using store = await open();
    expect(store.loaded.leases).toHaveLength(leases);
    expect(lines).toEqual(says);
    await store.save([[released]], mark);
  }
  await using store = await open();
  expect(store.loaded.leases).toHaveLength(leases + 1);
});

it("does not touch a file of a newer version", async () => {
  const newer = '4e2b1c7d {"kindling":"leases","version":3}\n';
  const sum = crc32(newer.slice(9, -1)).toString(16).padStart(8, "0");
  writeFileSync(path(), sum + newer.slice(8));
  await expect(open()).rejects.toThrow(/wants version 2, got 3: start the newer kindling/);
  expect(readFileSync(path(), "utf8")).toBe(sum + newer.slice(8));
});

it("makes its folder, and names the path and the cure when that cannot be", async () => {
  const missing = join(folder, "no", "leases.journal");
  await (await openLeaseStore({ path: missing, log, now: () => noon }))[Symbol.asyncDispose]();
  const inFile = join(missing, "leases.journal");
  const opening = openLeaseStore({ path: inFile, log, now: () => noon });
  await expect(opening).rejects.toThrow(/cannot be opened: .*; check the folder/);
});

it("refuses a file that another daemon has, says which and how to mend it", async () => {
  {
    await using _first = await open();
    await expect(open()).rejects.toThrow(
      `is in use by process ${process.pid}: stop that one, or give this one a state.folder of its own`,
    );
  }
  await using _second = await open(); // what is closed is free again
});

describe("when the disk fails", () => {
  it("saves nothing more until the file was written anew, and loses nothing", async () => {
    const disk = new FakeDisk();
    await using store = await open(disk);
    await store.save([[plain]], mark);
    disk.free = 20;
    const failing = store.save([[full]], mark);
    await expect(failing).rejects.toThrow(/did not take a lease: ENOSPC.*; check the folder/);
    disk.free = Number.POSITIVE_INFINITY;
    await expect(store.save([[full]], mark)).rejects.toThrow(/an earlier write failed/);
    await store.rewrite([plain], mark);
    await store.save([[full]], mark);
    expect(disk.names().filter((name) => name.endsWith(".new"))).toEqual([]);
    const text = disk.text(path()) ?? "";
    expect(text.split("\n")).toHaveLength(5);
  });

  it("keeps the old file when there is no room for a new one, and gives its room back", async () => {
    const disk = new FakeDisk();
    await using store = await open(disk);
    await store.save([[plain]], mark);
    disk.free = 1000;
    await expect(store.rewrite(many, mark)).rejects.toThrow(/cannot be written anew: ENOSPC/);
    expect(disk.free).toBe(1000);
    await store.save([[full]], mark);
    expect(disk.text(path())).toContain(formatLeases([full], mark));
  });

  it("saves nothing between two files, when nobody knows which of them a crash would leave", async () => {
    const disk = new FakeDisk();
    const failing = Object.assign(Object.create(disk) as DurableDisk, {
      open: disk.open.bind(disk),
      read: disk.read.bind(disk),
      remove: disk.remove.bind(disk),
      replace: disk.replace.bind(disk),
    });
    await using store = await open(failing);
    failing.replace = async (from, to) => {
      await disk.replace(from, to);
      throw new Error("EIO: fsync");
    };
    await expect(store.rewrite([plain], mark)).rejects.toThrow(/EIO/);
    await expect(store.save([[full]], mark)).rejects.toThrow(/did not take a lease/);
  });

  it("starts with what it can read of a torn file, and says what is wrong", async () => {
    const disk = new FakeDisk();
    disk.put(path(), Buffer.from(soundText.slice(0, -10)));
    disk.free = 0;
    await using store = await open(disk);
    expect(store.loaded.leases).toHaveLength(499);
    expect(store.loaded.failure?.message).toMatch(/cannot be written anew: ENOSPC/);
  });

  it("does not start where there was nothing to read", async () => {
    const disk = new FakeDisk();
    disk.free = 0;
    await expect(open(disk)).rejects.toThrow(/cannot be written anew: ENOSPC/);
  });
});

it.each([
  { name: "while it saves", every: 1_000_000 },
  { name: "while it writes all anew", every: 2 },
])("loses no lease that was durable when its writer is killed $name", async ({ every }) => {
  const writer = join(import.meta.dirname, "../support/lease-writer.ts");
  const argv = [writer, path(), String(every)];
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
  let acked = 0;
  for await (const line of createInterface(child.stdout)) {
    acked = Number(line);
    if (acked >= 50) break;
  }
  child.kill("SIGKILL");
  await once(child, "exit");
  await using store = await open();
  expect(store.loaded.leases.length).toBeGreaterThanOrEqual(acked);
  expect(lines.filter((line) => line.startsWith("error"))).toEqual([]);
});
