import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Install } from "../../src/boot/install.ts";
import { formatInstalls, openInstallStore, parseInstalls } from "../../src/store/install-store.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { FakeDisk } from "../support/fake-disk.ts";

const path = "installs.json";
const a = parseMac("52:54:00:77:00:0a");
const b = parseMac("52:54:00:77:00:0b");
const offered: Install = { generation: "1", stage: "offered", at: 5, starts: [5] };
const installed: Install = { ...offered, stage: "installed", at: 9, message: "it said so" };

describe("openInstallStore", () => {
  it("has after a restart what was kept, and not what was forgotten", async () => {
    const disk = new FakeDisk();
    const store = await openInstallStore(path, disk);
    await Promise.all([store.keep(a, offered), store.keep(b, offered), store.keep(a, installed)]);
    expect(await store.forget(b)).toBe(true);
    expect(await store.forget(b)).toBe(false);
    const again = await openInstallStore(path, disk);
    expect([...again.list()]).toEqual([[a, installed]]);
    expect(again.of(a)).toEqual(installed);
  });

  it("writes once for all that come while it writes", async () => {
    const disk = new FakeDisk();
    const store = await openInstallStore(path, disk);
    await store.keep(a, offered);
    const one = disk.steps;
    const macs = Array.from({ length: 50 }, (_, at) => parseMac(`52540077${String(1000 + at)}`));
    await Promise.all(macs.map((mac) => store.keep(mac, offered)));
    expect(disk.steps).toBe(3 * one);
    expect((await openInstallStore(path, disk)).list().size).toBe(51);
  });

  it("holds the old state or the new one at every loss of power, and all that was promised", async () => {
    const run = async (disk: FakeDisk, promised: (install: Install) => void) => {
      const store = await openInstallStore(path, disk);
      for (const install of [offered, installed, { ...installed, stage: "up" } as const]) {
        await store.keep(a, install);
        promised(install);
      }
    };
    const whole = new FakeDisk();
    await run(whole, () => {});
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: whole.steps }), fc.nat(), async (step, seed) => {
        const disk = new FakeDisk();
        disk.crashAt = step;
        let last: Install | undefined;
        await Promise.race([
          run(disk, (install) => {
            last = install;
          }),
          disk.crashed,
        ]);
        let state = seed % 2147483647;
        const chance = () => {
          state = (state * 48271 + 11) % 2147483647;
          return state / 2147483647;
        };
        const found = (await openInstallStore(path, disk.afterCrash(chance))).of(a);
        const order = ["offered", "installed", "up"];
        const at = (install?: Install) => order.indexOf(install?.stage ?? "");
        expect(at(found)).toBeGreaterThanOrEqual(at(last));
      }),
      { numRuns: 200 },
    );
  });

  it("says what is wrong with a full disk, and goes on when there is room", async () => {
    const disk = new FakeDisk();
    const store = await openInstallStore(path, disk);
    disk.free = 10;
    await expect(store.keep(a, offered)).rejects.toMatchObject({ code: "install-store.unusable" });
    expect(store.of(a)).toBeUndefined();
    disk.free = 1000;
    await store.keep(b, offered);
    expect((await openInstallStore(path, disk)).list().size).toBe(1);
  });

  it.each([
    { name: "no JSON", text: "{", want: /text: want JSON/ },
    { name: "another format", text: '{"format":2,"machines":[]}', want: /format: want 1, got 2/ },
    { name: "no machines", text: '{"format":1}', want: /machines: want a list, got nothing/ },
    { name: "a stage of its own", text: row({ stage: "x" }), want: /stage: want offered/ },
    { name: "no MAC", text: row({ mac: "x" }), want: /MAC address/ },
    { name: "no generation", text: row({ generation: 1 }), want: /generation: want a word/ },
    { name: "a time that is none", text: row({ at: 1.5 }), want: /at: want milliseconds/ },
    { name: "starts that are none", text: row({ starts: ["x"] }), want: /starts: want times/ },
  ])("does not begin anew over a file with $name", async ({ text, want }) => {
    const disk = new FakeDisk();
    disk.put(path, Buffer.from(text));
    await expect(openInstallStore(path, disk)).rejects.toThrow(want);
    await expect(openInstallStore(path, disk)).rejects.toThrow(/installed again/);
  });
});

function row(odd: object): string {
  return JSON.stringify({ format: 1, machines: [{ mac: a, ...offered, ...odd }] });
}

it("reads what it writes", () => {
  const installs = new Map([
    [b, offered],
    [a, installed],
  ]);
  expect(parseInstalls(formatInstalls(installs))).toEqual(installs);
  expect(parseInstalls(formatInstalls(new Map()))).toEqual(new Map());
});
