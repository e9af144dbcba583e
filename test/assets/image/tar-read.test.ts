import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TarEvent, TarReader } from "../../../src/assets/image/tar-read.ts";
import { WireError } from "../../../src/errors.ts";

/** The archive's entries with their bytes, given in chunks of these lengths and then the rest. */
function read(archive: Uint8Array, cuts: readonly number[] = []): Record<string, string> {
  const reader = new TarReader();
  const found: Record<string, string> = {};
  let name = "";
  const take = (event: TarEvent): void => {
    if (event.kind === "entry") name = `${event.name} ${event.type} ${event.bytes}`;
    const more = event.kind === "data" ? Buffer.from(event.bytes).toString() : "";
    found[name] = (found[name] ?? "") + more;
  };
  let at = 0;
  for (const cut of [...cuts, archive.length]) {
    for (const event of reader.push(archive.subarray(at, at + cut))) take(event);
    at += cut;
  }
  reader.finish();
  return found;
}

const long = `${"deep/".repeat(30)}name`;
const folder = mkdtempSync(join(tmpdir(), "kindling-tar-"));
const tar = (...flags: string[]) =>
  execFileSync("tar", ["-C", folder, "--sort=name", ...flags, "-cf", "-", "."]);

beforeAll(() => {
  mkdirSync(join(folder, "amd64"));
  mkdirSync(join(folder, "deep/".repeat(30)), { recursive: true });
  writeFileSync(join(folder, "amd64/linux"), "kernel");
  writeFileSync(join(folder, "amd64/initrd"), "x".repeat(1024));
  writeFileSync(join(folder, "empty"), "");
  writeFileSync(join(folder, long), "far");
  symlinkSync("/etc/passwd", join(folder, "link"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("TarReader", () => {
  it.each(["gnu", "pax", "oldgnu"])("reads what GNU tar writes as %s", (format) => {
    expect(read(tar(`--format=${format}`))).toMatchObject({
      "amd64/ folder 0": "",
      "amd64/linux file 6": "kernel",
      "amd64/initrd file 1024": "x".repeat(1024),
      "empty file 0": "",
      [`${long} file 3`]: "far",
      "link link 0": "",
    });
  });

  it("reads names in two parts, as ustar has them", () => {
    expect(read(tar("--format=ustar"))).toMatchObject({ [`${long} file 3`]: "far" });
  });

  it("finds the same however the bytes are cut", () => {
    const archive = tar("--format=pax");
    const want = read(archive);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 1500 }), { maxLength: 30 }), (cuts) => {
        expect(read(archive, cuts)).toEqual(want);
      }),
    );
  });

  it("takes an archive without its end, and none that stops within an entry", () => {
    const archive = tar("--format=ustar");
    const end = archive.length - archive.reverse().findIndex((byte) => byte !== 0);
    const whole = Math.ceil(end / 512) * 512;
    archive.reverse();
    expect(Object.keys(read(archive.subarray(0, whole)))).toContain("link link 0");
    expect(() => read(archive.subarray(0, 700))).toThrow(/ends before its last entry/);
    expect(() => read(new Uint8Array())).toThrow(WireError);
  });

  const changed = (at: number, text: string) => {
    const archive = Buffer.from(tar("--format=ustar"));
    archive.write(text, at, "latin1");
    return archive;
  };
  it.each([
    { name: "a header that was changed", archive: () => changed(3, "y"), want: /checksum/ },
    { name: "a size without digits", archive: () => changed(124, "zz"), want: /size|checksum/ },
    { name: "text that is no archive", archive: () => Buffer.alloc(1024, "a"), want: /digits/ },
  ])("refuses $name", ({ archive, want }) => {
    expect(() => read(archive())).toThrow(want);
  });

  it("refuses a header that would fill memory", () => {
    const header = Buffer.from(tar("--format=pax").subarray(0, 512));
    header.write("L", 156);
    header.write("77777777777\0", 124);
    header.fill(" ", 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    expect(() => read(header)).toThrow(/at most 65536 for header/);
  });

  it("throws nothing but WireError for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2048 }), fc.nat(511), (bytes, at) => {
        const archive = Buffer.from(tar("--format=pax"));
        Buffer.from(bytes).copy(archive, at);
        try {
          read(archive);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 40 },
    );
  });
});
