import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { placeFolder } from "../../src/runtime/durable-folder.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kindling-folder-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const make = (name: string, text: string) => {
  mkdirSync(join(root, name, "inner"), { recursive: true });
  writeFileSync(join(root, name, "inner", "file"), text);
};
const read = (name: string) => readFileSync(join(root, name, "inner", "file"), "utf8");

describe("placeFolder", () => {
  it("makes the folders above and leaves nothing behind", async () => {
    make("new", "1");
    expect(await placeFolder(join(root, "new"), join(root, "a/b/c"))).toBe("placed");
    expect([read("a/b/c"), readdirSync(root)]).toEqual(["1", ["a"]]);
  });

  it("changes places with one that is there", async () => {
    make("old", "1");
    make("new", "2");
    expect(await placeFolder(join(root, "new"), join(root, "old"))).toBe("exchanged");
    expect([read("old"), read("new")]).toEqual(["2", "1"]);
  });

  it("says what stands in the way", async () => {
    await expect(placeFolder(join(root, "none"), join(root, "old"))).rejects.toThrow(/ENOENT/);
  });
});
