import { expect, it } from "vitest";
import { formatDiskHead } from "../../src/lab/disk-head.ts";

const boot = Buffer.alloc(512, 1);

it("puts one bootable partition between the boot sector's code and the core", () => {
  const head = formatDiskHead({ boot, core: Buffer.from("core") }, 0x1f000);
  expect(head.subarray(0, 446)).toEqual(boot.subarray(0, 446));
  const row = "800000008300000000080000" + "00f00100";
  expect(head.subarray(446, 462).toString("hex")).toBe(row);
  expect(head.subarray(462, 510)).toEqual(Buffer.alloc(48));
  expect(head.subarray(510).toString("latin1")).toBe("\x55\xaacore");
});

it.each([
  { name: "a boot sector of another size", files: { boot: Buffer.alloc(440), core: boot } },
  { name: "a core that reaches the partition", files: { boot, core: Buffer.alloc(1 << 20) } },
])("refuses $name", ({ files }) => {
  expect(() => formatDiskHead(files, 1)).toThrow("want a boot sector of 512 bytes");
});
