import { describe, expect, it } from "vitest";
import { openArpProber } from "../../src/dhcp/arp-prober.ts";
import type { Log } from "../../src/runtime/log.ts";
import type { PacketSocket } from "../../src/runtime/packet-socket.ts";
import { type ArpMessage, formatArp, parseArp } from "../../src/wire/arp.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { ip, site } from "../support/dhcp-site.ts";
import { FakeClock } from "../support/fake-clock.ts";

const own = parseMac("52:54:00:77:00:01");
const stranger = parseMac("52:54:00:77:00:99");

async function start() {
  const sent: string[] = [];
  const state = { closed: 0, hear: (_frame: Uint8Array): void => {} };
  const socket: PacketSocket = {
    mac: own,
    receive: (handler) => {
      state.hear = handler;
    },
    send: (frame) => void sent.push(formatIpv4(parseArp(frame).target)),
    onError: () => {},
    [Symbol.asyncDispose]: async () => {
      state.closed += 1;
    },
  };
  const quiet = () => {};
  const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet, child: () => log };
  const clock = new FakeClock();
  const links = [{ device: "eth0", subnet: site.subnet }];
  const prober = await openArpProber({ links, clock, log, openSocket: async () => socket });
  const say = (parts: Partial<ArpMessage>) => {
    const idle = { kind: "reply", senderMac: stranger, target: ip("0.0.0.0") } as const;
    state.hear(formatArp(own, { ...idle, sender: ip("10.77.0.9"), ...parts }));
  };
  return { prober, clock, sent, say, state };
}

describe("openArpProber", () => {
  it("asks twice, 100 ms apart, and takes 200 ms without an answer for silence", async () => {
    const { prober, clock, sent } = await start();
    const answer = prober.probe(ip("10.77.0.9"));
    clock.step(99);
    expect(sent).toEqual(["10.77.0.9"]);
    clock.step(101);
    expect(sent).toEqual(["10.77.0.9", "10.77.0.9"]);
    expect(await answer).toEqual({ kind: "silent" });
  });

  it("takes a reply, and any other word from that address, for an answer at once", async () => {
    const { prober, say } = await start();
    for (const kind of ["reply", "request"] as const) {
      const answer = prober.probe(ip("10.77.0.9"));
      say({ sender: ip("10.77.0.8") });
      say({ senderMac: own });
      say({ kind });
      expect(await answer).toEqual({ kind: "answered", by: stranger });
    }
  });

  it("RFC 5227 §2.1.1: asks no further about an address that a client got meanwhile", async () => {
    const { prober, clock, sent } = await start();
    const answer = prober.probe(ip("10.77.0.9"));
    prober.forget(ip("10.77.0.9"));
    prober.forget(ip("10.77.0.8")); // nobody asks about it
    clock.step(200);
    expect(sent).toEqual(["10.77.0.9"]);
    expect(await answer).toEqual({ kind: "unknown" });
  });

  it("asks about no address off the link, none twice at once, and 64 at most", async () => {
    const { prober, sent, clock, state } = await start();
    const asks = Array.from({ length: 70 }, (_, index) => prober.probe(ip(`10.77.0.${index + 1}`)));
    expect(sent).toHaveLength(64);
    expect(await prober.probe(ip("10.77.0.1"))).toEqual({ kind: "unknown" });
    expect(await prober.probe(ip("10.99.0.1"))).toEqual({ kind: "unknown" });
    state.hear(Buffer.alloc(14)); // no ARP: nothing happens
    clock.step(200);
    const answers = await Promise.all(asks);
    expect(answers.filter(({ kind }) => kind === "silent")).toHaveLength(64);
  });

  it("passes on what it overhears, but no probes of others and nothing of its own", async () => {
    const { prober, say } = await start();
    const heard: string[] = [];
    prober.overhear((address, by) => heard.push(`${formatIpv4(address)} ${by}`));
    say({ kind: "request" });
    say({ kind: "request", sender: ip("0.0.0.0") });
    say({ senderMac: own });
    expect(heard).toEqual([`10.77.0.9 ${stranger}`]);
  });

  it("answers who still waits, and closes its sockets, at the end", async () => {
    const { prober, state } = await start();
    const answer = prober.probe(ip("10.77.0.9"));
    await prober[Symbol.asyncDispose]();
    expect([await answer, state.closed]).toEqual([{ kind: "unknown" }, 1]);
  });
});
