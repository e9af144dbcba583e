import { describe, expect, it } from "vitest";
import { dhcpOf } from "../support/frames.ts";
import { machineMac, openTestRoom } from "../support/lab.ts";

describe("BIOS machines with iPXE in their ROM", () => {
  it("boot from DISCOVER to user space with nothing but the daemon on the LAN", async () => {
    await using test = await openTestRoom("bios-full", {});
    const mac = machineMac(0x10);
    const vm = await test.powerOn("m1", mac, "bios");
    const up = await vm.mark(/^KINDLING-UP /);
    expect(up.text).toContain(`mac=${mac}`);
    expect(await vm.ended).toBe(0);

    const stages = test.timelineOf(mac)?.rows.map((row) => row.stage) ?? [];
    const want = ["discover", "offer", "ack", "script", "kernel", "initrd", "user-space"];
    expect(stages).toEqual(expect.arrayContaining(want));

    const messages = dhcpOf(await test.captured()).filter((one) => one.mac === mac);
    const offer = messages.find((one) => one.type === 2);
    expect(offer).toMatchObject({ siaddr: "10.77.0.1", fromPort: 67, toPort: 68 });
    // udhcpc is no network-boot client: a boot file there was once taken for a preseed file.
    const last = messages.findLast((one) => one.type === 5);
    expect(last?.options.get(67)).toBeUndefined();
    expect(last?.file).toBe("");
  });
});
