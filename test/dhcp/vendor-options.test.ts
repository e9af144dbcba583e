import { expect, it } from "vitest";
import { formatBootItem, formatDiscovery } from "../../src/dhcp/vendor-options.ts";

// PXE 2.1 §2.4, table 2-2: widths as EDK2's PxeBcDhcp4.h has them.
const rows = [
  { name: "take the file named", got: formatDiscovery({ control: 8 }), want: "060108ff" },
  {
    name: "a list of servers",
    got: formatDiscovery({
      control: 7,
      servers: [{ type: 0x8001, address: Buffer.of(10, 77, 0, 1) }],
    }),
    want: "060107" + "08078001010a4d0001" + "ff",
  },
  {
    name: "a menu with its prompt",
    got: formatDiscovery({
      control: 3,
      menu: [
        { type: 0, text: "Disk" },
        { type: 0x8000, text: "Net" },
      ],
      prompt: { seconds: 255, text: "F8" },
    }),
    want: "060103" + "090d0000044469736b8000034e6574" + "0a03ff4638" + "ff",
  },
  { name: "a boot item", got: formatBootItem({ type: 0x8001, layer: 2 }), want: "470480010002ff" },
];
it.each(rows)("writes $name", ({ got, want }) => {
  expect(Buffer.from(got).toString("hex")).toBe(want);
});
