import { describe, expect, it } from "vitest";
import { formatDebugfs } from "../../../src/lab/live/debugfs.ts";
import type { TreeEntry } from "../../../src/lab/live/tree.ts";

const folder = (path: string, mode = 0o755): TreeEntry => ({ kind: "folder", path, mode });
const file = (path: string, mode = 0o644): TreeEntry => ({
  kind: "file",
  path,
  mode,
  from: `/t/${path}`,
});
const link = (path: string, target: string): TreeEntry => ({ kind: "link", path, target });

describe("formatDebugfs", () => {
  it.each([
    {
      name: "fills the root and a folder, each entered once",
      entries: [folder("etc"), file("etc/a"), file("etc/b"), file("init", 0o755)],
      want: [
        ...[`cd "/"`, `mkdir "etc"`, `cd "/etc"`, `write "/t/etc/a" "a"`],
        ...[`set_inode_field "a" mode 0100644`, `write "/t/etc/b" "b"`],
        ...[`set_inode_field "b" mode 0100644`, `cd "/"`, `write "/t/init" "init"`],
        `set_inode_field "init" mode 0100755`,
      ],
    },
    {
      name: "sets the mode of a folder that is not the usual one",
      entries: [folder("tmp", 0o1777)],
      want: [`cd "/"`, `mkdir "tmp"`, `set_inode_field "tmp" mode 041777`],
    },
    {
      name: "keeps setuid, and names with spaces",
      entries: [file("a su", 0o4755)],
      want: [`cd "/"`, `write "/t/a su" "a su"`, `set_inode_field "a su" mode 0104755`],
    },
    {
      name: "writes links as they are",
      entries: [link("bin", "usr/bin")],
      want: [`cd "/"`, `symlink "bin" "usr/bin"`],
    },
  ])("$name", ({ entries, want }) => {
    expect(formatDebugfs(entries)).toBe(`${want.join("\n")}\n`);
  });

  it("refuses a name that would end its own quotes", () => {
    expect(() => formatDebugfs([file(`a"b`)])).toThrow(/cannot name/);
  });
});
