import { describe, expect, it } from "vitest";
import { dnsmasqServer } from "../../src/lab/foreign-server.ts";
import { dhcpOf } from "../support/frames.ts";
import { machineMac, openTestRoom } from "../support/lab.ts";

describe("UEFI machines", () => {
  it("load iPXE by TFTP in windows and boot", async () => {
    await using test = await openTestRoom("uefi-full", {});
    const mac = machineMac(0x10);
    const vm = await test.powerOn("m1", mac, "uefi");
    await vm.mark(/^KINDLING-UP /);

    const stages = test.timelineOf(mac)?.rows.map((row) => row.stage) ?? [];
    const want = ["discover", "ack", "loader", "ipxe", "script", "kernel", "initrd", "user-space"];
    expect(stages).toEqual(expect.arrayContaining(want));
    const sent = test.room.events.find(
      (event) => event.kind === "tftp" && event.outcome === "sent",
    );
    expect(sent).toMatchObject({ file: "snponly.efi", blksize: 1468, windowsize: 4 });

    const datagrams = await test.captured();
    const requests = datagrams.filter(({ toPort }) => toPort === 69).map(({ payload }) => payload);
    expect(requests.map((one) => one.toString("latin1")).join("\n")).toContain("windowsize\x004");
    const offer = dhcpOf(datagrams).find((one) => one.mac === mac && one.type === 2);
    expect(offer?.file ?? "").toBe("snponly.efi");
  });

  it("boot beside a foreign DHCP server by the complete offer", async () => {
    const settings = { dhcpMode: "proxy", proxyAnswer: "direct" } as const;
    await using test = await openTestRoom("uefi-proxy-direct", { settings });
    await test.putBeside(dnsmasqServer(test.room.folder));
    const mac = machineMac(0x10);
    const vm = await test.powerOn("m1", mac, "uefi");
    const up = await vm.mark(/^KINDLING-UP /);
    expect(up.text).toMatch(/address=10\.77\.0\.2\d\d /);

    const ours = dhcpOf(await test.captured()).filter((one) => one.from === "10.77.0.1");
    expect(ours.filter((one) => one.yiaddr !== "0.0.0.0")).toEqual([]);
    const offer = ours.find((one) => one.type === 2 && one.mac === mac);
    expect(offer?.options.get(60)?.toString()).toBe("PXEClient");
    expect(offer?.file).toBe("snponly.efi");
    expect(ours.filter((one) => one.type === 5)).toEqual([]);
  });
});
