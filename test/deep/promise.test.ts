import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { booksOf, mishaps } from "../support/crowd/mishaps.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kindling-promise-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const first = Number(process.env["CHAOS_SEED"] ?? Date.now() % 2 ** 31);

it.each(mishaps)(
  "60 runs of a minute: a server that $name promises no address twice",
  async ({ mishap }) => {
    for (let seed = first; seed < first + 60; seed += 1) {
      const { declined, complaints } = await booksOf({ seed, folder, seconds: 60, mishap });
      expect([declined, complaints], `CHAOS_SEED=${seed}`).toEqual([[], []]);
    }
  },
);
