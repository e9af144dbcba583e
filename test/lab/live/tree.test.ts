import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { cpioEntries, link, readTree } from "../../../src/lab/live/tree.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kindling-tree-"));
});
afterEach(() => rmSync(root, { recursive: true }));

it("lists folders before what is in them, by name, with modes and links", async () => {
  mkdirSync(join(root, "usr/bin"), { recursive: true });
  writeFileSync(join(root, "usr/bin/su"), "su");
  chmodSync(join(root, "usr/bin/su"), 0o4755);
  mkdirSync(join(root, "tmp"));
  chmodSync(join(root, "tmp"), 0o1777);
  await link(root, "bin", "usr/bin");
  await link(root, "etc/systemd/x.service", "/dev/null");

  const from = join(root, "usr/bin/su");
  expect(await readTree(root)).toEqual([
    { kind: "link", path: "bin", target: "usr/bin" },
    { kind: "folder", path: "etc", mode: 0o755 },
    { kind: "folder", path: "etc/systemd", mode: 0o755 },
    { kind: "link", path: "etc/systemd/x.service", target: "/dev/null" },
    { kind: "folder", path: "tmp", mode: 0o1777 },
    { kind: "folder", path: "usr", mode: 0o755 },
    { kind: "folder", path: "usr/bin", mode: 0o755 },
    { kind: "file", path: "usr/bin/su", mode: 0o4755, from },
  ]);
  const archived = (await cpioEntries(root)).at(-1);
  expect(archived).toEqual({
    kind: "file",
    path: "usr/bin/su",
    mode: 0o4755,
    data: Buffer.from("su"),
  });
});

it("puts a link in the place of one that is there", async () => {
  await link(root, "awk", "/etc/alternatives/awk");
  await link(root, "awk", "mawk");
  expect(await readTree(root)).toEqual([{ kind: "link", path: "awk", target: "mawk" }]);
});
