import { describe, expect, it } from "vitest";
import { machineMac, openTestRoom } from "../support/lab.ts";

describe("UEFI machines over IPv6 alone", () => {
  // Two minutes, of which one is edk2's: it tries HTTP Boot by IPv4 first, and no setting of OVMF leaves that out.
  it("load iPXE by HTTP and boot", async () => {
    const settings = { dhcpMode: "off", ipv6: { dhcp: "stateful", advert: "on" } } as const;
    await using test = await openTestRoom("ipv6-uefi-http", { settings, ipv6: true });
    const mac = machineMac(0x10);
    const vm = await test.powerOn("m1", mac, "uefi", { withoutPxe: ["IPv4", "IPv6"] });
    await vm.mark(/^KINDLING-KERNEL /, 400_000);
    const asked = test.room.events.filter((one) => one.kind === "http");
    expect(asked.map(({ resource }) => resource)).toEqual(
      expect.arrayContaining(["loader", "script", "ipxe", "asset"]),
    );
    expect(asked.map(({ address }) => address)).not.toContainEqual(expect.any(Number));
  });
});
