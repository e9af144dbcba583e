import { describe, expect, it } from "vitest";
import { deviceOf, formatDiskRule, parseDiskRule } from "../../src/installer/disk-rule.ts";

describe("parseDiskRule", () => {
  it.each([
    { text: "smallest", device: undefined },
    {
      text: "path:/dev/disk/by-path/pci-0000:00:1f.2-ata-1",
      device: "/dev/disk/by-path/pci-0000:00:1f.2-ata-1",
    },
    { text: "by-id:nvme-eui.0025385", device: "/dev/disk/by-id/nvme-eui.0025385" },
    { text: "serial:S3Z8NB0K", device: undefined },
    { text: "first:20", device: undefined },
  ])("reads $text and writes it again", ({ text, device }) => {
    const rule = parseDiskRule(text);
    expect(formatDiskRule(rule)).toBe(text);
    expect(deviceOf(rule)).toBe(device);
  });

  it.each([
    ...["", "largest", "path:", "path:/etc/passwd", "path:/dev/a b", "first:0", "first:x"],
    ...["first:020", "by-id:../sda", "serial:$(reboot)", "smallest:1"],
  ])("refuses '%s'", (text) => {
    expect(() => parseDiskRule(text)).toThrow(/^want a disk rule: smallest, /);
  });
});
