import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FolderWatch } from "../../src/runtime/folder-watch.ts";

let folder: string;
let watch: FolderWatch;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "kindling-watch-")), "watched");
  mkdirSync(folder);
  writeFileSync(join(folder, "old"), "");
  const opened = FolderWatch.open(folder);
  if (opened === undefined) throw new Error("the temporary folder cannot be watched");
  watch = opened;
});
afterEach(() => {
  watch[Symbol.dispose]();
  rmSync(join(folder, ".."), { recursive: true });
});

it.each([
  { name: "a new file", edit: () => writeFileSync(join(folder, "new"), ""), names: ["new"] },
  { name: "an edit in place", edit: () => writeFileSync(join(folder, "old"), "x"), names: ["old"] },
  { name: "a removal", edit: () => unlinkSync(join(folder, "old")), names: ["old"] },
  {
    name: "a rename",
    edit: () => renameSync(join(folder, "old"), join(folder, "ä")),
    names: ["old", "ä"],
  },
  { name: "a new link", edit: () => symlinkSync("x", join(folder, "l")), names: ["l"] },
])("tells $name once, as soon as it is done", ({ edit, names }) => {
  expect(watch.changes()).toEqual(new Set());
  edit();
  expect(watch.changes()).toEqual(new Set(names));
  expect(watch.changes()).toEqual(new Set());
});

it.each([
  {
    name: "the folder was exchanged",
    edit: () => {
      renameSync(folder, `${folder}.was`);
      mkdirSync(folder);
    },
  },
  { name: "the folder is gone", edit: () => rmSync(folder, { recursive: true }) },
  {
    name: "more happened than the kernel keeps",
    edit: () => {
      for (let count = 0; count < 10_000; count += 1) {
        writeFileSync(join(folder, count % 2 ? "old" : "new"), "x");
      }
    },
  },
])("cannot say what changed when $name", ({ edit }) => {
  edit();
  expect(watch.changes()).toBe("anything");
});

it("knows a link above that leads elsewhere", () => {
  const above = `${folder}.link`;
  symlinkSync(folder, above);
  using linked = FolderWatch.open(above);
  expect(linked?.changes()).toEqual(new Set());
  rmSync(above);
  mkdirSync(above);
  expect(linked?.changes()).toBe("anything");
});

it.each(["gone", "old", "/proc"])("does not open %s", (name) => {
  expect(FolderWatch.open(name === "/proc" ? name : join(folder, name))).toBeUndefined();
});
