import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { formatZip } from "../../src/installer/zip.ts";

const entries = [
  { path: "a.txt", bytes: Buffer.from("eins\n"), mode: 0o644 },
  { path: "secret/größe.key", bytes: Buffer.alloc(70_000, 7), mode: 0o600 },
  { path: "empty", bytes: Buffer.alloc(0), mode: 0o644 },
];

// Python's reader checks every checksum and offset; Debian's base has it wherever tests run.
const reader = `
import json, sys, zipfile
archive = zipfile.ZipFile(sys.argv[1])
assert archive.testzip() is None
print(json.dumps([[i.filename, i.file_size, oct(i.external_attr >> 16), i.date_time[0]] for i in archive.infolist()]))
`;

describe("formatZip", () => {
  it("is read by another's program, modes and names included", () => {
    const folder = mkdtempSync(join(tmpdir(), "kindling-zip-"));
    const file = join(folder, "a.zip");
    writeFileSync(file, formatZip(entries));
    const said = execFileSync("python3", ["-c", reader, file], { encoding: "utf8" });
    rmSync(folder, { recursive: true });
    expect(JSON.parse(said)).toEqual([
      ["a.txt", 5, "0o100644", 1980],
      ["secret/größe.key", 70_000, "0o100600", 1980],
      ["empty", 0, "0o100644", 1980],
    ]);
  });

  it("gives the same bytes for the same files", () => {
    expect(formatZip(entries).equals(formatZip(entries))).toBe(true);
  });
});
