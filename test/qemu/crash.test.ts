import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { onHost } from "../../src/lab/virtual-lan.ts";
import { dhcpOf } from "../support/frames.ts";
import { machineMac, openTestRoom, type TestRoom } from "../support/lab.ts";

const profiles = [{ id: "default", end: "stay" }] as const;
const [first, second] = [machineMac(0x10), machineMac(0x11)];

describe("a daemon that is killed", () => {
  it("between OFFER and ACK serves the same machine on, and gives no address twice", async () => {
    await using test = await openTestRoom("crash-offer", { profiles });
    await dropRequests("srv");
    const one = await test.powerOn("one", first, "bios");
    await eventSeen(test, "offer");
    await test.room.stopDaemon("SIGKILL");
    await keepRequests("srv");
    await test.room.startDaemon();
    const two = await test.powerOn("two", second, "bios");
    for (const vm of [one, two]) await vm.mark(/^KINDLING-UP /);
    await expectOneOwnerEach(test);
  });

  it("after an ACK gives the address to nobody else", async () => {
    await using test = await openTestRoom("crash-ack", { profiles });
    const seen = eventSeen(test, "ack");
    const cut = await test.powerOn("cut", first, "bios");
    await seen;
    await test.room.stopDaemon("SIGKILL");
    // iPXE gives up when its script is refused: the machine is switched off and on again.
    await cut[Symbol.asyncDispose]();
    await test.room.startDaemon();
    const one = await test.powerOn("one", first, "bios");
    const two = await test.powerOn("two", second, "bios");
    for (const vm of [one, two]) await vm.mark(/^KINDLING-UP /);
    await expectOneOwnerEach(test);
  });
});

async function expectOneOwnerEach(test: TestRoom): Promise<void> {
  const acks = dhcpOf(await test.captured()).filter((row) => row.type === 5);
  const owners = Map.groupBy(acks, (row) => row.yiaddr);
  expect(owners.size).toBeGreaterThanOrEqual(2);
  for (const [address, rows] of owners) {
    expect(new Set(rows.map((row) => row.mac)).size, address).toBe(1);
  }
}

// iPXE sends its REQUEST 2 ms after the OFFER: no kill is that quick, so the REQUEST is lost on the way.
// Its first option is 53: the third byte after UDP's 8 and DHCP's 240 is the type.
async function dropRequests(host: string): Promise<void> {
  const typeAt = 8 * (8 + 240 + 2);
  const rule = `udp dport 67 @th,${typeAt},8 3 drop`;
  await nft(host, "add table netdev crash");
  await nft(host, "add chain netdev crash in { type filter hook ingress device eth0 priority 0; }");
  await nft(host, `add rule netdev crash in ${rule}`);
}

async function keepRequests(host: string): Promise<void> {
  await nft(host, "delete table netdev crash");
}

async function nft(host: string, words: string): Promise<void> {
  const [program = "", ...rest] = onHost(host, ["nft", words]);
  await execa(program, rest);
}

async function eventSeen(test: TestRoom, message: "offer" | "ack"): Promise<void> {
  await new Promise<void>((resolve) => {
    const listening = test.room.onEvent((event) => {
      if (event.kind !== "dhcp" || event.message !== message) return;
      listening[Symbol.dispose]();
      resolve();
    });
  });
}
