import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { systemClock } from "../../src/runtime/clock.ts";
import { FolderWatch } from "../../src/runtime/folder-watch.ts";
import { JsonFolder } from "../../src/store/json-folder.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "kindling-folder-"));
  await writeFile(join(root, "a.json"), "{}");
  await writeFile(join(root, "README.md"), "no catalog file");
});
afterEach(() => rm(root, { recursive: true }));

const noWatch: (path: string) => FolderWatch | undefined = () => undefined;

/** How often a file that does not change is parsed in three scans by a clock so far ahead. */
async function parsesIn(aheadMs: number, openWatch = noWatch): Promise<number> {
  let parses = 0;
  const clock = { ...systemClock, now: () => Date.now() + aheadMs };
  const folder = new JsonFolder({ root, folder: "." }, () => ++parses, { clock, openWatch });
  for (let scan = 0; scan < 3; scan += 1) {
    expect([...(await folder.scan()).keys()]).toEqual(["a.json"]);
  }
  return parses;
}

it("parses a settled file once", async () => {
  expect(await parsesIn(10_000)).toBe(1);
});

it("parses a watched file once, however fresh it is", async () => {
  expect(await parsesIn(0, FolderWatch.open)).toBe(1);
});

it("does not trust the stamp of a file changed a moment ago", async () => {
  expect(await parsesIn(0)).toBe(3);
});

it("does not trust a stamp of the future", async () => {
  expect(await parsesIn(-3_600_000)).toBe(3);
});

it("lets an error of ours through", async () => {
  const fail = () => {
    throw new TypeError("a bug");
  };
  const folder = new JsonFolder({ root, folder: "." }, fail, { clock: systemClock });
  await expect(folder.scan()).rejects.toThrow("a bug");
  expect(folder.isCurrent()).toBe(false);
});
