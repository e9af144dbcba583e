import { describe, expect, it } from "vitest";
import type { BootEvent } from "../../src/boot/event.ts";
import { dhcpOf } from "../support/frames.ts";
import { machineMac, openTestRoom, type TestRoom } from "../support/lab.ts";

describe("a daemon that is killed", () => {
  const moments = [
    { name: "at its first OFFER", message: "offer" },
    { name: "at its first ACK", message: "ack" },
  ] as const;
  it.each(moments)("$name gives no address to two machines", async ({ message }) => {
    const profiles = [{ id: "default", end: "stay" }] as const;
    await using test = await openTestRoom(`crash-${message}`, { profiles });
    const [first, second] = [machineMac(0x10), machineMac(0x11)];
    const seen = eventSeen(test, (event) => event.kind === "dhcp" && event.message === message);
    const cut = await test.powerOn("cut", first, "bios");
    await seen;
    await test.room.stopDaemon("SIGKILL");
    // iPXE gives up when its script is refused: the machine is switched off and on again.
    await cut[Symbol.asyncDispose]();
    await test.room.startDaemon();
    const one = await test.powerOn("one", first, "bios");
    const two = await test.powerOn("two", second, "bios");
    for (const vm of [one, two]) await vm.mark(/^KINDLING-UP /);

    const acks = dhcpOf(await test.captured()).filter((row) => row.type === 5);
    const owners = Map.groupBy(acks, (row) => row.yiaddr);
    expect(owners.size).toBeGreaterThanOrEqual(2);
    for (const [address, rows] of owners) {
      expect(new Set(rows.map((row) => row.mac)).size, address).toBe(1);
    }
  });
});

async function eventSeen(test: TestRoom, wanted: (event: BootEvent) => boolean): Promise<void> {
  await new Promise<void>((resolve) => {
    const listening = test.room.onEvent((event) => {
      if (!wanted(event)) return;
      listening[Symbol.dispose]();
      resolve();
    });
  });
}
