import { execFileSync, spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatTarEnd, formatTarHeader, tarPadding } from "../../../src/assets/image/tar-write.ts";

const archive = (files: readonly { path: string; body: Uint8Array }[]) =>
  Buffer.concat([
    ...files.flatMap(({ path, body }) => [
      formatTarHeader({ path, size: body.length }),
      body,
      Buffer.alloc(tarPadding(body.length)),
    ]),
    formatTarEnd(),
  ]);

const listing = (program: readonly string[], input: Uint8Array) => {
  const [name = "", ...args] = program;
  return execFileSync(name, args, { input, stdio: ["pipe", "pipe", "pipe"] }).toString();
};

describe("formatTarHeader", () => {
  it("writes the fields of ustar where POSIX has them", () => {
    const block = Buffer.from(formatTarHeader({ path: "a/b", size: 6 }));
    const field = (at: number, width: number) => block.subarray(at, at + width).toString("latin1");
    expect(block.length).toBe(512);
    expect(field(0, 4)).toBe("a/b\0");
    const numbers = ["0000644", "0000000", "0000000", "00000000006", "02263523000", ""];
    expect(field(100, 48).split("\0")).toEqual(numbers);
    expect(field(156, 1)).toBe("0");
    expect(field(257, 8)).toBe("ustar\x0000");
    expect(block.subarray(265).every((octet) => octet === 0)).toBe(true);
    const blank = Buffer.from(block).fill(" ", 148, 156);
    const sum = blank.reduce((total, octet) => total + octet, 0);
    expect(field(148, 8)).toBe(`${sum.toString(8).padStart(6, "0")}\0 `);
  });

  it.each([
    { name: "an empty path", path: "" },
    { name: "a path with a NUL", path: "a\0b" },
    { name: "a path of more than 4096 bytes", path: "ä".repeat(2049) },
  ])("refuses $name", ({ path }) => {
    expect(() => formatTarHeader({ path, size: 0 })).toThrow(/a path has 1 to 4096 bytes/);
  });

  it.each([
    { name: "at 100 bytes still plain", path: "a".repeat(100), size: 1, blocks: 1 },
    { name: "a path of 101 bytes", path: "a".repeat(101), size: 1, blocks: 3 },
    { name: "a path beyond ASCII", path: "ä", size: 1, blocks: 3 },
    { name: "a size of 8 GiB less one still plain", path: "a", size: 2 ** 33 - 1, blocks: 1 },
    { name: "a size of 8 GiB", path: "a", size: 2 ** 33, blocks: 3 },
    { name: "a path of 4096 bytes", path: "a".repeat(4096), size: 1, blocks: 2 + 9 },
  ])("needs $blocks blocks for $name", ({ path, size, blocks }) => {
    expect(formatTarHeader({ path, size }).length).toBe(blocks * 512);
  });

  it("counts a pax record's own digits across every change of their number", () => {
    for (let bytes = 80; bytes < 1010; bytes += 1) {
      const header = Buffer.from(formatTarHeader({ path: "ä".repeat(bytes), size: 1 }));
      const record = /^(\d+) path=(ä+)\n/.exec(header.subarray(512).toString("utf8"));
      if (2 * bytes <= 100) continue;
      expect(Number(record?.[1])).toBe(Buffer.byteLength(record?.[0] ?? ""));
    }
  });
});

const hasTar = spawnSync("tar", ["--version"]).stdout?.toString().includes("GNU tar");

describe.skipIf(!hasTar)(`GNU tar${hasTar ? "" : " (skipped: there is none here)"}`, () => {
  const path = fc
    .array(fc.stringMatching(/^[a-z0-9äß._+-]{1,40}$/), { minLength: 1, maxLength: 9 })
    .map((names) => names.map((name) => `x${name}`).join("/"));

  it("lists and reads what is written", () => {
    fc.assert(
      fc.property(path, fc.uint8Array({ maxLength: 1500 }), (name, body) => {
        const input = archive([{ path: name, body }]);
        const env = ["env", "LC_ALL=C.UTF-8", "tar", "--quoting-style=literal"];
        expect(listing([...env, "-tf", "-"], input)).toBe(`${name}\n`);
        const read = execFileSync("tar", ["-xOf", "-"], { input });
        expect(read.equals(body)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it("knows the size of a file beyond 8 GiB", () => {
    const input = Buffer.from(formatTarHeader({ path: "big", size: 2 ** 33 + 7 }));
    const { stdout } = spawnSync("tar", ["-tvf", "-"], { input });
    expect(stdout.toString()).toContain(" 8589934599 1980-01-01 ");
  });
});
