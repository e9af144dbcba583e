import { describe, expect, it } from "vitest";
import { machineMac, openTestRoom } from "../support/lab.ts";

describe("BIOS machines with iPXE in their ROM", () => {
  it("boot three at once, each its own profile by MAC", async () => {
    const macs = [0x10, 0x11, 0x12].map(machineMac);
    const profiles = macs.map((mac, index) => ({
      id: `profile-${index}`,
      mac,
      end: "poweroff" as const,
    }));
    await using test = await openTestRoom("bios-three", { profiles });
    const vms = await Promise.all(macs.map((mac, index) => test.powerOn(`m${index}`, mac, "bios")));
    const addresses = new Set<string>();
    for (const [index, vm] of vms.entries()) {
      await vm.mark(new RegExp(`^KINDLING-CMDLINE .*kindling.profile=profile-${index} `));
      const up = await vm.mark(/^KINDLING-UP /);
      addresses.add(/address=(\S+)/.exec(up.text)?.[1] ?? "");
      expect(test.timelineOf(macs[index] ?? machineMac(0))?.profile).toBe(`profile-${index}`);
    }
    expect(addresses.size).toBe(3);
  });

  it("get their reserved address and name, on the second boot too", async () => {
    const mac = machineMac(0x20);
    const row = { mac, address: "10.77.0.50", hostname: "node1" };
    await using test = await openTestRoom("bios-reservation", {
      settings: { reservations: [row] },
    });
    for (const boot of [1, 2]) {
      await using vm = await test.powerOn(`boot-${boot}`, mac, "bios");
      const up = await vm.mark(/^KINDLING-UP /);
      expect(up.text).toContain("address=10.77.0.50 hostname=node1.kindling.lan");
      const dns = await vm.mark(/^KINDLING-DNS /);
      expect(dns.text).toBe("KINDLING-DNS name=node1.kindling.lan address=10.77.0.50");
      expect(await vm.ended).toBe(0);
    }
  });
});
