import {
  appendFileSync,
  chmodSync,
  cpSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import {
  link,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/runtime/clock.ts";
import { type Log, silentLog } from "../../src/runtime/log.ts";
import { FileStore } from "../../src/store/file-store.ts";

let folder: string;
let store: FileStore;
let lines: { message: string; fields: unknown }[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kindling-store-"));
  lines = [];
  const warn: Log["warn"] = (message, fields) => lines.push({ message, fields });
  const log = { ...silentLog, warn };
  store = new FileStore({ folder, clock: systemClock, log });
  for (const name of ["groups", "profiles", "ignition"]) await mkdir(join(folder, name));
});
afterEach(async () => {
  store[Symbol.dispose]();
  await rm(folder, { recursive: true });
});

const put = (path: string, text: string) => writeFile(join(folder, path), text);
const group = (profile: string) => JSON.stringify({ profile });
const profiles = async () => (await store.snapshot()).groups.map(({ profile }) => profile);

/** Sets times long past, so that the store believes its stamp from then on. */
async function age(path: string): Promise<void> {
  await utimes(join(folder, path), 1, 1);
}

const ways = [
  { way: "where the kernel tells changes", tools: {} },
  { way: "where it does not", tools: { openWatch: () => undefined } },
];

describe.each(ways)("an edit is seen by the next snapshot, $way:", ({ tools }) => {
  beforeEach(() => {
    store = new FileStore({ folder, clock: systemClock, log: silentLog, ...tools });
  });

  it("in place, again and again, with the same length", async () => {
    for (const name of ["aaa", "bbb", "ccc", "ddd"]) {
      await put("groups/g.json", group(name));
      expect(await profiles()).toEqual([name]);
    }
  });

  it("in place with the old modification time put back", async () => {
    const clock = { ...systemClock, now: () => Date.now() + 10_000 };
    store = new FileStore({ folder, clock, log: silentLog, ...tools });
    await put("groups/g.json", group("old"));
    await age("groups/g.json");
    expect(await profiles()).toEqual(["old"]);
    // A clock 10 s ahead believes every stamp; ctime moves by a tick of the kernel at the latest.
    const before = process.hrtime.bigint();
    while (process.hrtime.bigint() - before < 12_000_000n)
      await readFile(join(folder, "groups/g.json"));
    await put("groups/g.json", group("new"));
    await age("groups/g.json");
    expect(await profiles()).toEqual(["new"]);
  });

  it("by a file renamed over it", async () => {
    await put("groups/g.json", group("old"));
    expect(await profiles()).toEqual(["old"]);
    await put("groups/.g.json.swp", group("new"));
    await rename(join(folder, "groups/.g.json.swp"), join(folder, "groups/g.json"));
    expect(await profiles()).toEqual(["new"]);
  });

  it("by a link swapped to another folder, as a ConfigMap does", async () => {
    for (const version of ["v1", "v2"]) {
      await mkdir(join(folder, "groups", version));
      await put(`groups/${version}/g.json`, group(version));
    }
    const link = join(folder, "groups/..data");
    await symlink("v1", link);
    await symlink("..data/g.json", join(folder, "groups/g.json"));
    expect(await profiles()).toEqual(["v1"]);
    await symlink("v2", `${link}_tmp`);
    await rename(`${link}_tmp`, link);
    expect(await profiles()).toEqual(["v2"]);
  });

  it("by the whole folder exchanged", async () => {
    await put("groups/g.json", group("old"));
    expect(await profiles()).toEqual(["old"]);
    await rename(join(folder, "groups"), join(folder, "before"));
    await mkdir(join(folder, "groups"));
    await put("groups/g.json", group("new"));
    expect(await profiles()).toEqual(["new"]);
  });

  it("in place, in a file elsewhere that a link or a hard link leads to", async () => {
    await put("elsewhere", group("one"));
    await symlink("../elsewhere", join(folder, "groups/soft.json"));
    await link(join(folder, "elsewhere"), join(folder, "groups/hard.json"));
    expect(await profiles()).toEqual(["one", "one"]);
    await put("elsewhere", group("two"));
    expect(await profiles()).toEqual(["two", "two"]);
  });

  it("by a link above exchanged", async () => {
    for (const version of ["one", "two"]) {
      await mkdir(join(folder, version, "groups"), { recursive: true });
      await put(`${version}/groups/g.json`, group(version));
    }
    const above = join(folder, "current");
    await symlink("one", above);
    store = new FileStore({ folder: above, clock: systemClock, log: silentLog, ...tools });
    expect(await profiles()).toEqual(["one"]);
    await symlink("two", `${above}.new`);
    await rename(`${above}.new`, above);
    expect(await profiles()).toEqual(["two"]);
    await put("two/groups/g.json", group("three"));
    expect(await profiles()).toEqual(["three"]);
  });

  it("in a file that profiles name, however it is made", async () => {
    const read = async () => {
      const found = await store.ignition("f");
      return found.kind === "file" ? String(found.bytes) : found.kind;
    };
    expect(await read()).toBe("missing");
    for (const text of ["one", "two", "six"]) {
      await put("ignition/f", text);
      expect([await read(), await read()]).toEqual([text, text]);
    }
    await put("f.new", "new");
    await rename(join(folder, "f.new"), join(folder, "ignition/f"));
    expect(await read()).toBe("new");
    await rename(join(folder, "ignition"), join(folder, "old"));
    expect(await read()).toBe("missing");
    await symlink("old", join(folder, "ignition"));
    expect(await read()).toBe("new");
    await put("old/f", "end");
    expect(await read()).toBe("end");
  });

  it("when deleted, and when the folder goes", async () => {
    await put("groups/g.json", group("x"));
    expect(await profiles()).toEqual(["x"]);
    await unlink(join(folder, "groups/g.json"));
    expect(await profiles()).toEqual([]);
    await rm(join(folder, "groups"), { recursive: true });
    expect(await profiles()).toEqual([]);
    expect((await store.snapshot()).problems).toEqual([]);
  });

  it("even when it is made while others are being answered", async () => {
    for (let count = 0; count < 50; count += 1) await put(`groups/z${count}.json`, group("z"));
    for (let round = 0; round < 20; round += 1) {
      const early = Array.from({ length: 10 }, () => store.snapshot());
      // Each waits its turn behind the scan's own reads, so the edit falls ever later into the
      // scan.
      for (let turn = 0; turn < round % 10; turn += 1) await stat(folder);
      writeFileSync(join(folder, "groups/a.json"), group(`round-${round}`));
      expect((await profiles())[0]).toBe(`round-${round}`);
      await Promise.all(early);
    }
  });
});

it("sees what a look at everything sees, whatever is done to the folder", async () => {
  const at = (name: string) => join(folder, "groups", name);
  const file = fc.constantFrom("a.json", "b.json", "c.json", "d.txt");
  const steps: Record<string, (one: string, other: string, text: string) => void> = {
    write: (one, _, text) => writeFileSync(at(one), text),
    append: (one) => appendFileSync(at(one), " "),
    rename: (one, other) => renameSync(at(one), at(other)),
    remove: (one) => rmSync(at(one), { recursive: true }),
    link: (one, other) => symlinkSync(other, at(one)),
    hardLink: (one, other) => linkSync(at(one), at(other)),
    folder: (one) => mkdirSync(at(one)),
    forbid: (one) => chmodSync(at(one), 0o600),
    exchange: () => {
      renameSync(at("."), join(folder, "was"));
      cpSync(join(folder, "was"), at("."), { recursive: true, verbatimSymlinks: true });
      rmSync(join(folder, "was"), { recursive: true });
    },
  };
  const word = fc.constantFrom("x", "y", "{");
  const step = fc.record({
    kind: fc.constantFrom(...Object.keys(steps)),
    one: file,
    other: file,
    word,
  });
  const look = async (from: FileStore) => {
    const { groups, problems, ties } = await from.snapshot();
    return { groups, problems, ties };
  };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (story) => {
      rmSync(at("."), { recursive: true });
      mkdirSync(at("."));
      for (const { kind, one, other, word: text } of story) {
        try {
          steps[kind]?.(one, other, text === "{" ? text : group(text));
        } catch {
          continue; // no such file, or a folder in the way: nothing was done
        }
        const fresh = new FileStore({ folder, clock: systemClock, log: silentLog });
        expect(await look(store)).toEqual(await look(fresh));
        fresh[Symbol.dispose]();
      }
    }),
    { numRuns: 100 },
  );
});

it("sees an edit through a second name that was made in the folder meanwhile", async () => {
  await put("groups/c.json", group("x"));
  expect(await profiles()).toEqual(["x"]);
  linkSync(join(folder, "groups/c.json"), join(folder, "groups/b.json"));
  expect(await profiles()).toEqual(["x", "x"]);
  await put("groups/b.json", group("y"));
  expect(await profiles()).toEqual(["y", "y"]);
});

it("gives the same snapshot until there is an edit, and sorts again only for groups", async () => {
  await put("groups/g.json", group("p"));
  await put("profiles/p.json", '{"id": "p"}');
  const first = await store.snapshot();
  expect(await store.snapshot()).toBe(first);
  await put("profiles/p.json", '{"id": "q"}');
  const second = await store.snapshot();
  expect(second.profile("p")?.id).toBe("q");
  expect(second.groups).toBe(first.groups);
});

describe("a broken file", () => {
  it("hides no other, is told once, and again when it changes", async () => {
    await put("groups/good.json", group("good"));
    await put("groups/bad.json", '{\n "id": }');
    expect(await profiles()).toEqual(["good"]);
    await store.snapshot();
    const first = { file: "groups/bad.json", line: 2, column: 8 };
    expect(lines).toMatchObject([{ message: "catalog file left out", fields: first }]);
    await put("groups/bad.json", "{");
    await store.snapshot();
    expect(lines).toHaveLength(2);
    await put("groups/bad.json", group("mended"));
    expect(await profiles()).toEqual(["mended", "good"]);
    expect((await store.snapshot()).problems).toEqual([]);
  });

  it.each([
    { name: "a folder", make: (path: string) => mkdir(path) },
    { name: "a link to nowhere", make: (path: string) => symlink("nowhere", path) },
    { name: "too large", make: (path: string) => writeFile(path, " ".repeat((1 << 20) + 1)) },
  ])("may be $name", async ({ make }) => {
    await put("groups/good.json", group("good"));
    await make(join(folder, "groups/bad.json"));
    expect(await profiles()).toEqual(["good"]);
    expect((await store.snapshot()).problems).toMatchObject([{ file: "groups/bad.json" }]);
  });

  it("may be the folder itself", async () => {
    await rm(join(folder, "groups"), { recursive: true });
    await put("groups", "");
    expect((await store.snapshot()).problems).toMatchObject([{ file: "groups" }]);
    await rm(folder, { recursive: true });
    expect((await store.snapshot()).problems).toMatchObject([{ file: "." }]);
    await mkdir(folder);
  });
});

it("tells groups that hide one another, first by file name", async () => {
  await put("groups/b.json", JSON.stringify({ profile: "b", selector: { os: "x" } }));
  await put("groups/a.json", JSON.stringify({ profile: "a", selector: { os: "x" } }));
  const { groups, ties } = await store.snapshot();
  expect(groups.map(({ profile }) => profile)).toEqual(["a", "b"]);
  expect(ties).toEqual([{ selector: "os=x", files: ["a", "b"] }]);
  expect(lines).toMatchObject([{ message: "groups with the same selector" }]);
});

it("finds profiles by their file's name", async () => {
  await put("profiles/p.json", '{"id": "another"}');
  const snapshot = await store.snapshot();
  expect(snapshot.profile("p")?.id).toBe("another");
  expect(snapshot.profile("another")).toBeUndefined();
  expect(snapshot.profile("../profiles/p")).toBeUndefined();
});

it("gives every profile by file name, and generic files like Ignition's", async () => {
  for (const name of ["b", "a"]) await put(`profiles/${name}.json`, `{"id":"${name}"}`);
  await put("profiles/broken.json", "{");
  await mkdir(join(folder, "generic"));
  await put("generic/x", "text");
  const { profiles: all } = await store.snapshot();
  expect(all.map(({ file }) => file)).toEqual(["a", "b"]);
  expect(await store.generic("x")).toEqual({ kind: "file", bytes: Buffer.from("text") });
  expect((await store.generic("../profiles/a.json")).kind).toBe("refused");
});

it.each([
  { name: "a.ign", kind: "file" },
  { name: "b.ign", kind: "missing" },
  { name: "../secret", kind: "refused" },
  { name: "sub/a.ign", kind: "refused" },
  { name: "..", kind: "refused" },
  { name: "a\0b", kind: "refused" },
  { name: "", kind: "refused" },
  { name: "folder.ign", kind: "refused" },
])("gives the Ignition name '$name' as $kind", async ({ name, kind }) => {
  await put("ignition/a.ign", "{}");
  await put("secret", "{}");
  await mkdir(join(folder, "ignition/folder.ign"));
  expect((await store.ignition(name)).kind).toBe(kind);
});

it("reads YAML beside JSON, which goes first, and none as matchbox", async () => {
  await put("groups/a.yaml", "profile: p\nselector: { os: [x, y] }\n");
  await put("profiles/p.yaml", "id: yaml\n");
  await put("profiles/q.yaml", "id: yaml\n");
  await put("profiles/q.json", '{"id": "json"}');
  await put("groups/bad.yaml", "profile: p\nselector: { os: 7 }\n");
  const snapshot = await store.snapshot();
  expect(snapshot.select({ os: "y" })?.file).toBe("a");
  expect([snapshot.profile("p")?.id, snapshot.profile("q")?.id]).toEqual(["yaml", "json"]);
  expect(snapshot.problems).toMatchObject([{ file: "groups/bad.yaml", line: 2, column: 17 }]);
  using matchbox = new FileStore({
    folder,
    clock: systemClock,
    log: silentLog,
    dialect: "matchbox",
  });
  expect((await matchbox.snapshot()).groups).toEqual([]);
});
