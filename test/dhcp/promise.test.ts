import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { booksOf, faults, mishaps } from "../support/crowd/mishaps.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kindling-promise-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(mishaps)("a server that $name", ({ mishap }) => {
  it.each([1, 2])("promises no address twice: seed %i", async (seed) => {
    const { bound, declined, complaints } = await booksOf({ seed, folder, seconds: 30, mishap });
    expect([declined, complaints]).toEqual([[], []]);
    expect(bound).toBeGreaterThan(150);
  });
});

describe("the books notice a server whose", () => {
  it.each(faults)("$name", async ({ mishap }) => {
    const { complaints } = await booksOf({ seed: 1, folder, seconds: 30, mishap });
    expect(complaints.length).toBeGreaterThan(0);
  });
});
