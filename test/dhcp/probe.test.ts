import { describe, expect, it } from "vitest";
import type { ForeignServer } from "../../src/dhcp/foreign.ts";
import { OptionCode } from "../../src/dhcp/options.ts";
import { formatDhcp, parseDhcp } from "../../src/dhcp/packet.ts";
import { type LinkProbe, openProbe, type ProbeDeps } from "../../src/dhcp/probe.ts";
import { KindlingError } from "../../src/errors.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { messageOf } from "../support/dhcp-message.ts";
import { ip } from "../support/dhcp-site.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { FakeNetwork } from "../support/fake-udp.ts";

async function open(more: Partial<ProbeDeps> = {}) {
  const network = new FakeNetwork();
  const clock = new FakeClock();
  let bytes = 0;
  let hearFrame = (_frame: Uint8Array): void => {};
  const probe = await openProbe({
    ...{ device: "eth0", address: ip("10.77.0.1"), kind: "watch", clock },
    random: (count) => Buffer.alloc(count, ++bytes),
    openSocket: network.open,
    openPacket: async () => ({
      mac: parseMac("52:54:00:00:00:01"),
      receive: (handler) => {
        hearFrame = handler;
      },
      send: () => {},
      onError: () => {},
      [Symbol.asyncDispose]: async () => {},
    }),
    ...more,
  });
  return { network, clock, probe, hearFrame: (frame: Uint8Array) => hearFrame(frame) };
}

const asked = (network: FakeNetwork) => network.sent.map(({ datagram }) => parseDhcp(datagram));
const offer = (xid: number, address = "10.77.0.50", serverId = "10.77.0.254") => {
  const header = { op: 2, xid, yiaddr: ip(address) };
  return formatDhcp(messageOf({ type: "offer", serverId, header }));
};

/** Ethernet, IPv4 and UDP around a datagram from 10.77.0.254:67 to port 68. */
function frameOf(datagram: Uint8Array): Uint8Array {
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(67, 0);
  udp.writeUInt16BE(68, 2);
  udp.writeUInt16BE(8 + datagram.length, 4);
  const head = "ffffffffffff525400770001080045000000000000004011" + "00000a4d00feffffffff";
  return Buffer.concat([Buffer.from(head, "hex"), udp, datagram]);
}

/** Steps to the end of the probe and returns what it found. */
async function finish(probe: LinkProbe, clock: FakeClock, during: () => void) {
  const answers = probe.ask(6000);
  during();
  clock.step(6000);
  return await answers;
}

describe("openProbe", () => {
  it("binds 68 beside others, for broadcasts alone", async () => {
    const { network } = await open();
    expect(network.opened[0]).toMatchObject({ device: "eth0", port: 68, shared: true });
    expect(network.opened[0]?.address).toBe(ip("255.255.255.255"));
  });

  it("asks from another port where somebody shares 68 with nobody", async () => {
    const network = new FakeNetwork();
    const openSocket: typeof network.open = async (options) => {
      if (options.port === 68) throw new KindlingError("port.in-use", "held");
      return await network.open(options);
    };
    await open({ openSocket });
    expect(network.opened.map(({ port }) => port)).toEqual([0, 0]);
  });

  it("asks three times in 6 s, each time as a system and as firmware", async () => {
    const { network, clock, probe } = await open();
    const answers = probe.ask(6000);
    const counts = [0, 1999, 401, 1600, 400, 1600].map((ms) => {
      clock.step(ms);
      return network.sent.length;
    });
    expect(counts).toEqual([2, 2, 4, 4, 6, 6]);
    expect(await answers).toEqual([]);
    const kinds = asked(network).map(({ options }) => options.has(OptionCode.vendorClass));
    expect(kinds).toEqual([false, true, false, true, false, true]);
    expect(new Set(asked(network).map(({ xid }) => xid)).size).toBe(2);
  });

  it("takes the answers to its own questions, from either ear", async () => {
    const { network, clock, probe, hearFrame } = await open();
    const found = await finish(probe, clock, () => {
      clock.step(0);
      const [xid = 0] = asked(network).map((message) => message.xid);
      network.deliver(68, offer(xid, "10.77.0.51", "10.77.0.253"), "10.77.0.253", 67);
      hearFrame(frameOf(offer(xid)));
    });
    expect(found).toMatchObject([
      { serverId: ip("10.77.0.253"), yiaddr: ip("10.77.0.51") },
      { serverId: ip("10.77.0.254"), yiaddr: ip("10.77.0.50"), mac: "52:54:00:77:00:01" },
    ]);
  });

  it("overhears answers to others, and says nothing of noise", async () => {
    const { network, clock, probe } = await open();
    const overheard: ForeignServer[] = [];
    probe.onOverheard((server) => void overheard.push(server));
    const found = await finish(probe, clock, () => {
      network.deliver(68, offer(0xdead), "10.77.0.254", 67);
      network.deliver(68, Buffer.from("noise"), "10.77.0.254", 67);
    });
    expect([found, overheard.length]).toEqual([[], 1]);
  });

  it("asks a proxy on 4011, once, with the address that we have", async () => {
    const { network, clock, probe } = await open();
    const found = await finish(probe, clock, () => {
      clock.step(0);
      const xid = asked(network)[1]?.xid ?? 0;
      const proxied = offer(xid, "0.0.0.0");
      network.deliver(68, proxied, "10.77.0.254", 67);
      network.deliver(68, proxied, "10.77.0.254", 67);
      network.deliver(0, offer(xid, "0.0.0.0"), "10.77.0.254", 4011);
    });
    expect(found).toMatchObject([{ isProxy: true, bootServer: true }]);
    const asks = network.sent.filter(({ port }) => port === 4011);
    expect(asks.map(({ address }) => address)).toEqual([ip("10.77.0.254")]);
    expect(parseDhcp(asks[0]?.datagram ?? Buffer.of()).ciaddr).toBe(ip("10.77.0.1"));
  });

  it("ends with what it has when it is closed", async () => {
    const { probe, clock } = await open();
    const answers = probe.ask(6000);
    await probe[Symbol.asyncDispose]();
    expect(await answers).toEqual([]);
    clock.step(6000);
  });
});
