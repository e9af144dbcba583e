import { describe, expect, it } from "vitest";
import {
  diskBytes,
  formatTable,
  idOf,
  layOut,
  placeGrub,
  sectorBytes,
} from "../../../src/lab/live/disk-layout.ts";

const partitions = layOut(300);
const mib = 1024 * 1024;

describe("layOut", () => {
  it("puts the partitions end to end from 1 MiB, the root last", () => {
    expect(partitions.map(({ name }) => name)).toEqual(["bios", "esp", "boot", "root"]);
    let next = mib / sectorBytes;
    for (const { start, sectors } of partitions) {
      expect(start).toBe(next);
      next += sectors;
    }
    expect(diskBytes(partitions)).toBe(next * sectorBytes + mib);
  });
});

describe("formatTable", () => {
  it("names every partition for sfdisk, with identifiers that differ", () => {
    const text = formatTable(partitions);
    expect(text.split("\n").slice(0, 4)).toEqual([
      "label: gpt",
      `label-id: ${idOf("disk")}`,
      "unit: sectors",
      `start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649, uuid=${idOf("bios")}, name="bios"`,
    ]);
    expect(new Set(partitions.map(({ name }) => idOf(name))).size).toBe(4);
  });
});

describe("placeGrub", () => {
  const [bios] = partitions;
  if (bios === undefined) throw new Error("no partition");
  const boot = Buffer.alloc(512, 0xaa);
  const core = Buffer.alloc(2048, 0xbb);

  it("tells the boot sector and the core where the next piece lies", () => {
    const placed = placeGrub({ boot, core }, bios);
    expect(placed.code.length).toBe(440); // the table of partitions behind it stays
    expect(placed.code.readBigUInt64LE(0x5c)).toBe(2048n);
    expect(placed.core.readBigUInt64LE(0x1f4)).toBe(2049n);
    expect(placed.core.length).toBe(core.length);
  });

  it.each([
    { name: "a boot sector that is none", boot: Buffer.alloc(511), core },
    { name: "a core that does not fit", boot, core: Buffer.alloc(mib + 1) },
  ])("refuses $name", (files) => {
    expect(() => placeGrub(files, bios)).toThrow(/want a boot sector of 512 bytes/);
  });
});
