import { expect, it } from "vitest";
import type { Finding } from "../../src/boot/finding.ts";
import type { Lease, LeaseChange } from "../../src/dhcp/lease.ts";
import { LeaseClock } from "../../src/dhcp/lease-clock.ts";
import {
  type Keeping,
  LeaseKeeper,
  markMs,
  maxBatch,
  maxWaiting,
  retryMs,
} from "../../src/dhcp/lease-keeper.ts";
import type { LeaseStore } from "../../src/dhcp/lease-store.ts";
import { LeaseTable } from "../../src/dhcp/lease-table.ts";
import { type Log, silentLog } from "../../src/runtime/log.ts";
import type { Ipv4Address } from "../../src/wire/ipv4.ts";
import { noon } from "../support/dhcp-site.ts";
import { hour, lease, other, otherMac } from "../support/dhcp-world.ts";
import { FakeClock } from "../support/fake-clock.ts";

/** A store whose writes end when the test says so. */
class SlowStore implements LeaseStore {
  readonly loaded = { leases: [] };
  lines = 1;
  /** How many changes each save had, and how many leases each rewrite. */
  readonly calls: string[] = [];
  readonly file = new Map<Ipv4Address, Lease>();
  readonly #ends: PromiseWithResolvers<void>[] = [];

  async save(changes: readonly (readonly Lease[])[]): Promise<void> {
    this.calls.push(`save ${changes.length}`);
    await this.#wait();
    this.lines += changes.length;
    for (const one of changes.flat()) this.file.set(one.address, one);
  }

  async rewrite(leases: readonly Lease[]): Promise<void> {
    this.calls.push(`rewrite ${leases.length}`);
    await this.#wait();
    this.lines = 1 + leases.length;
    for (const one of leases) this.file.set(one.address, one);
  }

  /** Ends what was begun last. */
  async end(error?: string): Promise<void> {
    const last = this.#ends.pop();
    if (error === undefined) last?.resolve();
    else last?.reject(new Error(error));
    await settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #wait(): Promise<void> {
    const end = Promise.withResolvers<void>();
    this.#ends.push(end);
    await end.promise;
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

function start(wall = { offset: 0 }) {
  const store = new SlowStore();
  const table = new LeaseTable();
  const clock = new FakeClock(noon);
  const findings = new Map<string, Finding>();
  const warnings: unknown[] = [];
  const log: Log = { ...silentLog, warn: (_message, fields) => warnings.push(fields) };
  const keeper = new LeaseKeeper({
    store,
    table,
    clock: { ...clock, now: () => clock.now() + wall.offset },
    time: new LeaseClock({ kind: "no-mark", time: noon }, clock.now),
    log,
    findings: {
      raise: (finding) => findings.set(finding.code, finding),
      clear: ({ code }) => findings.delete(code),
    },
  });
  const outcomes: Keeping[] = [];
  const keep = (...changes: LeaseChange[]) =>
    keeper.keep(changes, (keeping) => outcomes.push(keeping));
  return { store, table, clock, findings, warnings, keeper, outcomes, keep };
}

const change = (one: Lease): LeaseChange => ({ kind: "lease", lease: one });
const offerTo = (one: Lease): LeaseChange => {
  const { address, key } = one;
  return { kind: "offer", offer: { address, key, since: noon, expires: noon + hour } };
};
const first = lease({ at: "10.77.0.100" });
const second = other("10.77.0.101");
const later = { ...first, expires: first.expires + hour };
const numbered = (index: number): Lease => ({
  ...first,
  address: (first.address + index) as Ipv4Address,
});

/** One lease durable, and then a disk that failed with another one in its hands. */
async function startFailing() {
  const world = start();
  world.keep(change(first));
  await world.store.end();
  world.keep(change(second));
  await world.store.end("disk full");
  world.outcomes.length = 0;
  world.store.calls.length = 0;
  return world;
}

it("changes the tables at once and answers when the disk is done", async () => {
  const { store, table, outcomes, keep } = start();
  keep(change(first));
  expect(table.leaseAt(first.address)).toBe(first);
  await settled();
  expect(outcomes).toEqual([]);
  await store.end();
  expect(outcomes).toEqual(["durable"]);
});

it("does not let an OFFER wait for the disk", () => {
  const { outcomes, keep } = start();
  keep(change(first));
  keep(offerTo(second));
  expect(outcomes).toEqual(["durable"]);
});

it("writes the first at once, and all that came meanwhile in one go, up to a batch", async () => {
  const { store, outcomes, keep } = start();
  for (let index = 0; index < maxBatch + 3; index += 1) keep(change(numbered(index)));
  expect(store.calls).toEqual(["save 1"]);
  await store.end();
  expect(store.calls).toEqual(["save 1", `save ${maxBatch}`]);
  expect(outcomes).toHaveLength(1);
  await store.end();
  await store.end();
  expect(store.calls).toEqual(["save 1", `save ${maxBatch}`, "save 2"]);
  expect(outcomes).toHaveLength(maxBatch + 3);
});

it("refuses what is too much for a disk that hangs, but no OFFER", () => {
  const { table, outcomes, keep } = start();
  for (let index = 0; index <= maxWaiting; index += 1) keep(change(numbered(index)));
  expect(outcomes).toEqual([]);
  const stranger = other("10.99.0.1");
  keep(change(stranger));
  expect(outcomes).toEqual(["store-busy"]);
  expect(table.leaseAt(stranger.address)).toBeUndefined();
  keep(offerTo(stranger));
  expect(outcomes).toEqual(["store-busy", "durable"]);
});

it("writes all anew when the file is mostly of the past", async () => {
  const { store, keep } = start();
  store.lines = 10_001;
  keep(change(first));
  await store.end();
  expect(store.calls).toEqual(["save 1", "rewrite 1"]);
  keep(change(second)); // meanwhile
  expect(store.calls).toEqual(["save 1", "rewrite 1", "save 1"]);
});

it("writes the time down now and then, and says when the clock was stepped", async () => {
  const wall = { offset: 0 };
  const { store, clock, warnings } = start(wall);
  clock.step(markMs);
  expect(store.calls).toEqual(["save 1"]);
  await store.end();
  expect(warnings).toEqual([]);
  wall.offset = -365 * 24 * hour;
  clock.step(markMs);
  expect(store.calls).toEqual(["save 1", "save 1"]);
  expect(warnings).toMatchObject([{ stepMs: -365 * 24 * hour }]);
});

it("writes the time at its close, when nothing is under way any more", async () => {
  const { store, keeper, keep, outcomes } = start();
  keep(change(first));
  const closing = keeper[Symbol.asyncDispose]();
  await store.end();
  expect(outcomes).toEqual(["durable"]);
  await store.end();
  await closing;
  expect(store.calls).toEqual(["save 1", "save 0"]);
});

it("undoes what the disk did not take, tells why and how to mend it", async () => {
  const { store, table, findings, outcomes, keep } = start();
  keep(change(first));
  await store.end();
  keep(change(second)); // being written
  keep(change(later)); // waits: an extension
  keep(change(lease({ at: "10.77.0.102" }))); // waits: new
  keep(change(lease({ at: "10.77.0.103", of: otherMac, state: "released" })));
  await store.end("disk full");
  expect(outcomes).toEqual([
    "durable",
    "store-unusable",
    "in-memory",
    "store-unusable",
    "in-memory",
  ]);
  expect(table.leaseAt(second.address)).toBeUndefined();
  expect(table.leasesOf(second.key).map((one) => one.state)).toEqual(["released"]);
  expect(table.leaseAt(first.address)).toBe(later);
  expect(findings.get("store.unusable")).toMatchObject({
    severity: "error",
    sentence: "disk full",
    cure: expect.stringContaining("make room"),
  });
});

const elsewhere = { ...second, address: first.address };
it.each([
  { name: "a renewal", changes: [change(later)], want: "in-memory" },
  { name: "an offer of it to its holder", changes: [offerTo(first)], want: "durable" },
  { name: "a release", changes: [change({ ...first, state: "released" })], want: "in-memory" },
  { name: "a decline", changes: [change({ ...first, state: "declined" })], want: "in-memory" },
  { name: "a new lease", changes: [change(second)], want: "store-unusable" },
  { name: "a new offer", changes: [offerTo(second)], want: "store-unusable" },
  { name: "another's turn", changes: [change(elsewhere)], want: "store-unusable" },
  {
    name: "a move: one given up, one new",
    changes: [change({ ...first, state: "released" }), change(lease({ at: "10.77.0.102" }))],
    want: "store-unusable",
  },
] as const)("while the disk fails, $name is $want", async ({ changes, want }) => {
  const { table, outcomes, keep } = await startFailing();
  keep(...changes);
  expect(outcomes).toEqual([want]);
  if (want === "store-unusable") expect(table.all()).toEqual([first]);
});

it("lets nobody have what its holder gave up in memory only", async () => {
  const { outcomes, keep } = await startFailing();
  keep(change({ ...first, state: "released" }));
  keep(change(elsewhere));
  expect(outcomes).toEqual(["in-memory", "store-unusable"]);
  keep(change(later)); // but its holder, whom the disk still knows
  expect(outcomes.at(-1)).toBe("in-memory");
});

it("tries again until the disk takes all, extensions of meanwhile included", async () => {
  const { store, clock, findings, outcomes, keep } = await startFailing();
  clock.step(retryMs);
  await store.end("disk full");
  expect(findings.size).toBe(1);
  clock.step(retryMs - 1);
  expect(store.calls).toEqual(["rewrite 1"]);
  clock.step(1);
  expect(store.calls).toEqual(["rewrite 1", "rewrite 1"]);
  keep(change(later)); // after the rewrite took its list
  await store.end();
  expect(findings.size).toBe(0);
  expect(store.calls.at(-1)).toBe("save 1");
  await store.end();
  expect(store.file.get(first.address)).toBe(later);
  keep(change(second));
  await store.end();
  expect(outcomes).toEqual(["in-memory", "durable"]);
});

it("tries again too when the disk failed while all was being written anew", async () => {
  const { store, clock, findings, keep } = start();
  store.lines = 10_001;
  keep(change(first));
  await store.end();
  keep(change(second));
  expect(store.calls).toEqual(["save 1", "rewrite 1", "save 1"]);
  await store.end("disk full"); // the save; the rewrite still hangs
  clock.step(retryMs);
  expect(store.calls).toHaveLength(3);
  await store.end();
  expect(findings.size).toBe(1);
  expect(store.calls.at(-1)).toBe("rewrite 1");
  await store.end();
  expect(findings.size).toBe(0);
});

it("starts without giving anything new when the file could be read and not written", async () => {
  const store = new SlowStore();
  const failure = new Error("disk full");
  Object.assign(store, { loaded: { leases: [first], failure } });
  const clock = new FakeClock(noon);
  const time = new LeaseClock({ kind: "no-mark", time: noon }, clock.now);
  const table = new LeaseTable([first]);
  const findings = { raise: () => {}, clear: () => {} };
  const keeper = new LeaseKeeper({ store, table, clock, time, log: silentLog, findings });
  const outcomes: Keeping[] = [];
  keeper.keep([change(second)], (keeping) => outcomes.push(keeping));
  keeper.keep([change(later)], (keeping) => outcomes.push(keeping));
  expect(outcomes).toEqual(["store-unusable", "in-memory"]);
});
