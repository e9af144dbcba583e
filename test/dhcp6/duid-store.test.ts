import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openServerDuid } from "../../src/dhcp6/duid-store.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kindling-duid-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("is made once and kept", () => {
  const file = join(folder, "state/duid");
  const first = openServerDuid(file);
  expect(first).toHaveLength(18);
  expect(openServerDuid(file)).toEqual(first);
});

it("is made anew where the file holds none", () => {
  const file = join(folder, "duid");
  writeFileSync(file, "what?\n");
  const made = openServerDuid(file);
  expect(readFileSync(file, "utf8")).toMatch(/^[0-9a-f-]{36}\n$/);
  expect(openServerDuid(file)).toEqual(made);
});

it("fails where the file cannot be read", () => {
  expect(() => openServerDuid(folder)).toThrow(/EISDIR/);
});
