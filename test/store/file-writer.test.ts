import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type CatalogFolder, FileWriter } from "../../src/store/file-writer.ts";

let folder: string;
let writer: FileWriter;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kindling-writer-"));
  writer = new FileWriter(folder);
});
afterEach(() => rm(folder, { recursive: true }));

const bytes = (text: string) => Buffer.from(text);
const read = (path: string) => readFile(join(folder, path), "utf8");

it("makes what is above a file, replaces it whole and leaves nothing beside it", async () => {
  expect(await writer.put("generic", "a b.cfg", bytes("first, longer"))).toEqual({ kind: "done" });
  expect(await writer.put("generic", "a b.cfg", bytes("second"))).toEqual({ kind: "done" });
  expect(await read("generic/a b.cfg")).toBe("second");
  expect(await readdir(join(folder, "generic"))).toEqual(["a b.cfg"]);
  const { mode } = await stat(join(folder, "generic/a b.cfg"));
  expect(mode & 0o777).toBe(0o644 & ~process.umask());
});

it("shows a reader one text or the other, never a part", async () => {
  const texts = ["a", "b"].map((letter) => letter.repeat(200_000));
  await writer.put("ignition", "x", bytes(texts[0] ?? ""));
  let writing = true;
  const writes = (async () => {
    for (let round = 0; round < 40; round += 1) {
      await writer.put("ignition", "x", bytes(texts[round % 2] ?? ""));
    }
    writing = false;
  })();
  let reads = 0;
  for (; writing; reads += 1) expect(texts).toContain(await read("ignition/x"));
  await writes;
  expect(reads).toBeGreaterThan(10);
});

it.each<{ folder: CatalogFolder; path: string }>([
  { folder: "groups", path: "groups/n.json" },
  { folder: "profiles", path: "profiles/n.json" },
  { folder: "ignition", path: "ignition/n" },
  { folder: "generic", path: "generic/n" },
])("puts and removes $path", async ({ folder: kind, path }) => {
  await writer.put(kind, "n", bytes("{}"));
  expect(await read(path)).toBe("{}");
  expect(await writer.remove(kind, "n")).toEqual({ kind: "done" });
  const missing = { kind: "failed", path: join(folder, path), cause: "ENOENT" };
  expect(await writer.remove(kind, "n")).toEqual(missing);
});

it.each(["", ".", "..", "../groups/x", "/etc/x", "sub/x", "a\0b"])("refuses '%s'", async (name) => {
  expect((await writer.put("ignition", name, bytes("x"))).kind).toBe("refused");
  expect((await writer.remove("ignition", name)).kind).toBe("refused");
  expect(await readdir(folder)).toEqual([]);
});

it("replaces a link and not what it leads to", async () => {
  await writeFile(join(folder, "secret"), "kept");
  await mkdir(join(folder, "generic"));
  await symlink("../secret", join(folder, "generic/x"));
  await writer.put("generic", "x", bytes("new"));
  expect([await read("secret"), await read("generic/x")]).toEqual(["kept", "new"]);
});

it("tells what the system would not do and cleans up", async () => {
  await mkdir(join(folder, "ignition/x"), { recursive: true });
  const path = join(folder, "ignition/x");
  expect(await writer.put("ignition", "x", bytes(""))).toEqual({
    kind: "failed",
    path,
    cause: "EISDIR",
  });
  expect(await readdir(join(folder, "ignition"))).toEqual(["x"]);
  const long = await writer.put("ignition", "x".repeat(256), bytes(""));
  expect(long).toMatchObject({ kind: "failed", cause: "ENAMETOOLONG" });
});
