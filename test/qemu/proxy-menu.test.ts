import { expect, it } from "vitest";
import { dnsmasqServer } from "../../src/lab/foreign-server.ts";
import { dhcpOf } from "../support/frames.ts";
import { machineMac, openTestRoom } from "../support/lab.ts";

it("UEFI takes the first item of our menu beside a foreign DHCP server, and boots", async () => {
  const items = [
    { text: "Install", boot: "loader" },
    { text: "Disk", boot: "local" },
  ] as const;
  const settings = { dhcpMode: "proxy", menu: { timeout: 0, items } } as const;
  await using test = await openTestRoom("uefi-menu", { settings });
  await test.putBeside(dnsmasqServer(test.room.folder));
  const mac = machineMac(0x10);
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
