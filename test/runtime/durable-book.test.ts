import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import { type BookForm, openDurableBook } from "../../src/runtime/durable-book.ts";
import { FakeDisk } from "../support/fake-disk.ts";

const path = "book.json";
const form: BookForm<string, number> = {
  what: "pages",
  code: "install-store.unusable",
  loss: "all is read again",
  parse: (text) => {
    if (!text.startsWith("[")) throw new WireError("wire.invalid", "want a list", { field: "x" });
    return new Map(JSON.parse(text));
  },
  format: (entries) => JSON.stringify([...entries]),
};
const open = (disk: FakeDisk) => openDurableBook(path, disk, form);

describe("openDurableBook", () => {
  it("has after a restart what was kept, and not what was forgotten", async () => {
    const disk = new FakeDisk();
    const book = await open(disk);
    await Promise.all([book.keep("a", 1), book.keep("b", 1), book.keep("a", 2)]);
    expect(await book.forget("b")).toBe(true);
    expect(await book.forget("b")).toBe(false);
    const again = await open(disk);
    expect([...again.list()]).toEqual([["a", 2]]);
    expect(again.of("a")).toBe(2);
  });

  it("writes once for all that come while it writes", async () => {
    const disk = new FakeDisk();
    const book = await open(disk);
    await book.keep("first", 0);
    const one = disk.steps;
    const keys = Array.from({ length: 50 }, (_, at) => `k${at}`);
    await Promise.all(keys.map((key) => book.keep(key, 1)));
    expect(disk.steps).toBe(3 * one);
    expect((await open(disk)).list().size).toBe(51);
  });

  it("holds the old state or the new one at every loss of power, and all that was promised", async () => {
    const run = async (disk: FakeDisk, promised: (value: number) => void) => {
      const book = await open(disk);
      for (const value of [1, 2, 3]) {
        await book.keep("a", value);
        promised(value);
      }
    };
    const whole = new FakeDisk();
    await run(whole, () => {});
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: whole.steps }), fc.nat(), async (step, seed) => {
        const disk = new FakeDisk();
        disk.crashAt = step;
        let last = 0;
        const promised = (value: number) => {
          last = value;
        };
        await Promise.race([run(disk, promised), disk.crashed]);
        let state = (seed % 2147483646) + 1;
        const chance = () => {
          state = (state * 48271) % 2147483647;
          return state / 2147483647;
        };
        const found = (await open(disk.afterCrash(chance))).of("a") ?? 0;
        expect(found).toBeGreaterThanOrEqual(last);
      }),
      { numRuns: 200 },
    );
  });

  it("takes back what a full disk did not take, and goes on when there is room", async () => {
    const disk = new FakeDisk();
    const book = await open(disk);
    disk.free = 3;
    await expect(book.keep("a", 1)).rejects.toMatchObject({ code: "install-store.unusable" });
    expect(book.of("a")).toBeUndefined();
    disk.free = 1000;
    await book.keep("b", 1);
    disk.free = 0;
    await expect(book.forget("b")).rejects.toThrow(/pages to book.json: ENOSPC; check/);
    expect([...(await open(disk)).list()]).toEqual([["b", 1]]);
    expect(book.of("b")).toBe(1);
  });

  it("does not begin anew over a file that it cannot read", async () => {
    const disk = new FakeDisk();
    disk.put(path, Buffer.from("{"));
    await expect(open(disk)).rejects.toThrow(
      "cannot read the pages in book.json: want a list; mend it, or move it away: all is read again",
    );
  });
});
