import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Lease } from "../../src/dhcp/lease.ts";
import { type LeaseStore, openLeaseStore } from "../../src/dhcp/lease-store.ts";
import type { DurableDisk } from "../../src/runtime/durable-file.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { addToIpv4 } from "../../src/wire/ipv4.ts";
import { ip, noon } from "../support/dhcp-site.ts";
import { lease } from "../support/dhcp-world.ts";
import { FakeDisk } from "../support/fake-disk.ts";

// Only the folder and its lock are real; nothing is written to them.
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kindling-crash-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const mark = { wall: noon, time: noon };
const long = "h".repeat(63);
const open = (disk: DurableDisk): Promise<LeaseStore> => {
  const lock = () => ({ kind: "locked" as const, [Symbol.dispose]: () => {} });
  const path = join(folder, "leases.journal");
  return openLeaseStore({ path, log: silentLog, now: () => noon, disk, lock });
};

/** What clients were told, and what is on its way to the disk. */
type Told = { acked: Map<number, Lease>; asked: Map<number, Lease[]> };

// Two lives of a daemon: leases one by one and in batches, extended, and written anew while that goes on.
async function live(disk: FakeDisk, told: Told): Promise<void> {
  for (let life = 0; life < 2; life += 1) {
    const store = await open(disk);
    const table = new Map(store.loaded.leases.map((one) => [one.address as number, one]));
    const save = async (changes: Lease[][]): Promise<void> => {
      for (const one of changes.flat()) {
        told.asked.set(one.address, [...(told.asked.get(one.address) ?? []), one]);
        table.set(one.address, one);
      }
      await store.save(changes, mark);
      for (const one of changes.flat()) told.acked.set(one.address, one);
    };
    const some = (round: number) =>
      Array.from({ length: 25 }, (_, index): Lease[] => {
        const fresh = lease({
          at: "10.77.0.0",
          expires: noon + life * 100 + round,
          hostname: long,
        });
        return [{ ...fresh, address: addToIpv4(ip("10.77.0.0"), (index * 7 + round) % 60) }];
      });
    await save(some(0).slice(0, 1));
    await save(some(1));
    const rewriting = store.rewrite([...table.values()], mark);
    await save(some(2));
    await save(some(3));
    await rewriting;
    await save(some(4));
    await store[Symbol.asyncDispose]();
  }
}

function randomly(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

it("loses no lease that a client was told of, wherever the power goes", async () => {
  const whole = new FakeDisk();
  await live(whole, { acked: new Map(), asked: new Map() });
  expect(whole.steps).toBeGreaterThan(40);
  const crashAt = fc.integer({ min: 1, max: whole.steps });
  await fc.assert(
    fc.asyncProperty(crashAt, fc.nat(), async (step, seed) => {
      const disk = new FakeDisk();
      disk.crashAt = step;
      const told: Told = { acked: new Map(), asked: new Map() };
      await Promise.race([live(disk, told), disk.crashed]);
      await using store = await open(disk.afterCrash(randomly(seed)));
      const found = new Map(store.loaded.leases.map((one) => [one.address as number, one]));
      for (const [address, lease] of told.acked) {
        const all = told.asked.get(address) ?? [];
        // What was told, or something later of the same address that was on its way.
        const later = all.slice(all.lastIndexOf(lease));
        expect(later).toContainEqual(found.get(address));
      }
    }),
    { numRuns: 150 },
  );
});

it("forgets a lease whose sync never ended, and the client was never told of it", async () => {
  const disk = new FakeDisk();
  const store = await open(disk);
  await store.save([[lease({ at: "10.77.0.100" })]], mark);
  disk.crashAt = disk.steps + 2; // written, not synced
  let acked = false;
  const saving = store.save([[lease({ at: "10.77.0.101" })]], mark).then(() => {
    acked = true;
  });
  await Promise.race([saving, disk.crashed]);
  expect(acked).toBe(false);
  await using again = await open(disk.afterCrash(() => 0));
  expect(again.loaded.leases).toEqual([lease({ at: "10.77.0.100" })]);
});
