import { expect, it } from "vitest";
import { dnsmasqServer } from "../../src/lab/foreign-server.ts";
import { dhcpOf } from "../support/frames.ts";
import { machineMac, openTestRoom } from "../support/lab.ts";

const mac = machineMac(0x10);

it("UEFI boots beside a foreign DHCP server by the boot server on port 4011", async () => {
  const settings = { dhcpMode: "proxy", proxyAnswer: "boot-server" } as const;
  await using test = await openTestRoom("uefi-proxy-boot-server", { settings });
  await test.putBeside(dnsmasqServer(test.room.folder));
  const vm = await test.powerOn("m1", mac, "uefi");
  const up = await vm.mark(/^KINDLING-UP /);
  expect(up.text).toMatch(/address=10\.77\.0\.2\d\d /);

  const ours = dhcpOf(await test.captured()).filter((one) => one.from === "10.77.0.1");
  expect(ours.filter((one) => one.yiaddr !== "0.0.0.0")).toEqual([]);
  const offer = ours.find((one) => one.type === 2 && one.mac === mac);
  expect(offer?.options.get(60)?.toString()).toBe("PXEClient");
  expect(offer?.file).toBe("");
  const acks = ours.filter((one) => one.type === 5);
  expect(acks.map((one) => [one.fromPort, one.toPort, one.file])).toEqual([
    [4011, 4011, "snponly.efi"],
  ]);
});

it("UEFI takes the first item of our menu beside a foreign DHCP server, and boots", async () => {
  const items = [
    { text: "Install", boot: "loader" },
    { text: "Disk", boot: "local" },
  ] as const;
  const settings = { dhcpMode: "proxy", menu: { timeout: 0, items } } as const;
  await using test = await openTestRoom("uefi-menu", { settings });
  await test.putBeside(dnsmasqServer(test.room.folder));
  const vm = await test.powerOn("m1", mac, "uefi");
  await vm.mark(/^KINDLING-UP /);

  const messages = dhcpOf(await test.captured());
  const ours = messages.filter((one) => one.from === "10.77.0.1");
  const offer = ours.find((one) => one.type === 2 && one.mac === mac);
  expect([offer?.file, offer?.options.get(43)?.subarray(0, 3)]).toEqual(["", Buffer.of(6, 1, 7)]);
  const acks = ours.filter((one) => one.type === 5);
  expect(acks.map((one) => [one.fromPort, one.file])).toEqual([[4011, "snponly.efi"]]);
  expect(acks[0]?.options.get(43)?.toString("hex")).toBe("470480000000ff");
});
