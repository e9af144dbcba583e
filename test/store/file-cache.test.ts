import {
  link,
  mkdir,
  mkdtemp,
  open,
  rename,
  rm,
  symlink,
  unlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FolderWatch } from "../../src/runtime/folder-watch.ts";
import { FileCache } from "../../src/store/file-cache.ts";

const limits = { filesMax: 3, bytesMax: 100 };
let root: string;
let path: string;
let cache: FileCache;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "kindling-cache-"));
  path = join(root, "files");
  await mkdir(path);
  cache = new FileCache({ path, limits });
  await put("a", "old");
});
afterEach(async () => {
  cache[Symbol.dispose]();
  await rm(root, { recursive: true });
});

const put = (name: string, text: string) => writeFile(join(path, name), text);

/** What a reader of the cache gets, and whether it was known; `meanwhile` happens before it is offered. */
async function ask(name: string, meanwhile = async () => {}): Promise<string> {
  const known = cache.lookUp(name);
  if (known.kind === "kept") return `kept ${known.bytes}`;
  await using handle = await open(join(path, name));
  const bytes = await handle.readFile();
  await meanwhile();
  await cache.offer(name, { bytes, handle, since: known.since });
  return `read ${bytes}`;
}

it("keeps a file until it changes", async () => {
  expect([await ask("a"), await ask("a"), await ask("a")]).toEqual([
    "read old",
    "kept old",
    "kept old",
  ]);
});

const swap = async (to: string, make: (path: string) => Promise<unknown>) => {
  await make(join(root, "next"));
  await rename(join(root, "next"), to);
};
const edits = [
  { name: "in place", edit: () => put("a", "new") },
  {
    name: "by a rename over it",
    edit: () => swap(join(path, "a"), (next) => writeFile(next, "new")),
  },
  {
    name: "by another folder in its place",
    edit: async () => {
      await rename(path, join(root, "before"));
      await mkdir(path);
      await put("a", "new");
    },
  },
  {
    name: "by a link in its place",
    edit: async () => {
      await writeFile(join(root, "target"), "new");
      await swap(join(path, "a"), (next) => symlink(join(root, "target"), next));
    },
  },
  {
    name: "by removing and writing it",
    edit: async () => {
      await unlink(join(path, "a"));
      await put("a", "new");
    },
  },
];

describe.each(edits)("an edit $name", ({ edit }) => {
  it("is seen by the next reader", async () => {
    await ask("a");
    await edit();
    expect(await ask("a")).toBe("read new");
  });

  it("is seen by the next reader if it comes while the file is read", async () => {
    expect(await ask("a", edit)).toBe("read old");
    expect(await ask("a")).toBe("read new");
  });

  it("is seen if another reader takes word of it while the file is read", async () => {
    const meanwhile = async () => {
      await edit();
      cache.lookUp("another");
    };
    expect(await ask("a", meanwhile)).toBe("read old");
    expect(await ask("a")).toBe("read new");
  });
});

it.each([
  {
    name: "a link",
    make: async () => {
      await writeFile(join(root, "target"), "x");
      await symlink(join(root, "target"), join(path, "b"));
    },
  },
  {
    name: "a second name of a file",
    make: async () => {
      await writeFile(join(root, "target"), "x");
      await link(join(root, "target"), join(path, "b"));
    },
  },
])("never keeps $name, whose edits nobody tells", async ({ make }) => {
  await make();
  expect([await ask("b"), await ask("b")]).toEqual(["read x", "read x"]);
});

it.each([
  { name: "cannot be watched", openWatch: () => undefined },
  {
    name: "does not hold the file, as a mounted one",
    openWatch: (folder: string) => {
      const watch = FolderWatch.open(folder);
      return watch && Object.assign(watch, { holds: () => false });
    },
  },
])("keeps nothing of a folder that $name", async ({ openWatch }) => {
  cache = new FileCache({ path, limits, openWatch });
  expect([await ask("a"), await ask("a")]).toEqual(["read old", "read old"]);
});

it("lets the file go that was asked for longest ago, beyond so many files or bytes", async () => {
  for (const name of ["b", "c", "d"]) await put(name, name);
  for (const name of ["a", "b", "c", "a", "d"]) await ask(name);
  expect([await ask("a"), await ask("b")]).toEqual(["kept old", "read b"]);
  await put("c", "c".repeat(90));
  await ask("c");
  await put("d", "d".repeat(20));
  await ask("d");
  expect((await ask("c")).slice(0, 4)).toBe("read");
  await put("b", "b".repeat(101));
  expect([await ask("b"), await ask("b")].map((text) => text.slice(0, 4))).toEqual([
    "read",
    "read",
  ]);
});
