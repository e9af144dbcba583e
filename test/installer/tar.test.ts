import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { formatBundle } from "../../src/installer/tar.ts";

const files = [
  { path: "/etc/a.crt", mode: 0o644, text: "eins\n" },
  { path: "/etc/etcd/pki/größe.key", mode: 0o400, owner: "etcd", text: "x".repeat(1_024) },
  { path: "/empty", mode: 0o600, text: "" },
];

describe("formatBundle", () => {
  it("is read by tar, with modes, owners and sizes", () => {
    const list = execFileSync("tar", ["--list", "--verbose", "--quoting-style=literal"], {
      input: formatBundle(files),
      encoding: "utf8",
    });
    expect(
      list
        .trimEnd()
        .split("\n")
        .map((line) => line.split(/ +/)),
    ).toEqual([
      ["-rw-r--r--", "root/root", "5", "1970-01-01", expect.any(String), "etc/a.crt"],
      [
        "-r--------",
        "etcd/etcd",
        "1024",
        "1970-01-01",
        expect.any(String),
        "etc/etcd/pki/größe.key",
      ],
      ["-rw-------", "root/root", "0", "1970-01-01", expect.any(String), "empty"],
    ]);
  });

  it("refuses what it cannot hold", () => {
    expect(() => formatBundle([{ path: `/${"a".repeat(101)}`, mode: 0, text: "" }])).toThrow(
      "too long",
    );
    expect(() => formatBundle([{ path: "/a", mode: 0, url: "http://x", sha256: "" }])).toThrow(
      "fetched",
    );
  });
});
