import { describe, expect, it } from "vitest";
import { DebianPackages, missingPackages } from "../../scripts/debian-packages.ts";

describe("missingPackages", () => {
  it("asks for nothing where every proof is there", () => {
    expect(missingPackages(["start", "test", "capture"], () => true)).toEqual([]);
  });

  it("asks for what a start needs, and for tcpdump only with a capture", () => {
    const names = (needs: Parameters<typeof missingPackages>[0]) =>
      missingPackages(needs, () => false).map((one) => one.name);
    const start = ["qemu-system-x86", "ipxe-qemu", "ipxe", "ovmf", "iproute2"];
    expect(names(["start"])).toEqual(start);
    expect(names(["start", "capture"])).toEqual([...start, "tcpdump"]);
  });

  it("proves each package by an absolute path, once", () => {
    expect(DebianPackages.every((one) => one.proof.startsWith("/"))).toBe(true);
    expect(new Set(DebianPackages.map((one) => one.name)).size).toBe(DebianPackages.length);
  });
});
