import { describe, expect, it } from "vitest";
import type { Finding } from "../../src/boot/finding.ts";
import type { ForeignServer } from "../../src/dhcp/foreign.ts";
import { type LinkState, LinkWatch, type WatchSettings } from "../../src/dhcp/link-watch.ts";
import { formProbe } from "../../src/dhcp/probe-packet.ts";
import { type DhcpRequest, readRequest } from "../../src/dhcp/request.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { type MessageParts, requestOf } from "../support/dhcp-message.ts";
import { ip } from "../support/dhcp-site.ts";
import { FakeClock } from "../support/fake-clock.ts";

const us = ip("10.77.0.5");
const router: ForeignServer = {
  ...{ serverId: ip("10.77.0.254"), address: ip("10.77.0.254"), yiaddr: ip("10.77.0.50") },
  ...{ router: ip("10.77.0.254"), dns: [ip("10.77.0.254")], isProxy: false, relayed: false },
};
const settings: WatchSettings = {
  ...{ wanted: "auto", takeAddresses: true, takeover: false, carrierMs: 45_000, dwellMs: 900_000 },
  ...{ listenMs: 6000, everyMs: 600_000 },
};

/** A watch whose probes the test answers, and all that it said. */
function open(more: Partial<WatchSettings> = {}, linkUpAt = -1_000_000) {
  const clock = new FakeClock(1_000_000);
  const asked: ((servers: readonly ForeignServer[]) => void)[] = [];
  const findings = new Map<string, Finding>();
  const modes: string[] = [];
  const link: { now: LinkState } = { now: { carrierUps: 1, address: us } };
  const probe = {
    overheard: (_server: ForeignServer): void => {},
    ask: () => new Promise<readonly ForeignServer[]>((resolve) => asked.push(resolve)),
    onOverheard(handler: (server: ForeignServer) => void) {
      probe.overheard = handler;
    },
  };
  const watch = new LinkWatch({
    ...{ device: "eth0", address: us, own: new Set([us]), probe, clock, log: silentLog, linkUpAt },
    settings: { ...settings, ...more },
    linkState: () => link.now,
    findings: {
      raise: (finding) => findings.set(finding.code, finding),
      clear: ({ code }) => findings.delete(code),
    },
    changed: (mode, reason) => modes.push(`${mode} ${reason}`),
    random: () => 0.5,
  });
  watch.start();
  /** The probe that runs ends with these answers; how many were asked in all. */
  const answer = async (...servers: readonly ForeignServer[]) => {
    asked.at(-1)?.(servers);
    await Promise.resolve();
    await Promise.resolve();
    return asked.length;
  };
  return { watch, clock, asked, answer, findings, modes, link, probe };
}

const codes = (findings: ReadonlyMap<string, Finding>) => [...findings.keys()].sort();
const probeOf = (from: string): DhcpRequest => {
  const mac = parseMac("02:00:00:00:00:01");
  const message = formProbe({ kind: "watch", as: "system", xid: 1, mac, sender: ip(from) });
  const result = readRequest(message);
  if (result.kind !== "request") throw new Error(result.reason);
  return result.request;
};
const choosing: MessageParts = {
  type: "request",
  serverId: "10.77.0.254",
  requested: "10.77.0.50",
};

describe("LinkWatch", () => {
  it("asks at once, and again in its turn", async () => {
    const { watch, clock, asked, answer, modes } = open();
    expect([watch.mode, asked.length]).toEqual(["probe", 1]);
    await answer();
    expect(watch.mode).toBe("full");
    clock.step(599_999);
    expect(asked).toHaveLength(1);
    clock.step(1);
    expect(asked).toHaveLength(2);
    expect(modes).toEqual(["probe link-up", "full nobody-answered"]);
  });

  it("raises what it finds, and clears it when it is so no more", async () => {
    const { clock, answer, findings } = open();
    await answer({ ...router, vendorClass60: "PXEClient" });
    expect(codes(findings)).toEqual(["dhcp.foreign-option-60", "dhcp.foreign-server"]);
    clock.step(600_000);
    await answer(router);
    expect(codes(findings)).toEqual(["dhcp.foreign-server"]);
    for (let probe = 0; probe < 2; probe += 1) {
      clock.step(600_000);
      await answer();
      expect(codes(findings)).toEqual(["dhcp.foreign-server"]); // an answer may get lost
    }
    clock.step(600_000);
    await answer();
    expect(codes(findings)).toEqual(["dhcp.foreign-server-gone"]);
  });

  it("holds for what a client tells of another server, and asks at once", async () => {
    const { watch, asked, answer, findings } = open();
    await answer();
    expect(watch.overhear(requestOf(choosing))).toBe(false);
    expect([watch.mode, asked.length]).toEqual(["hold", 2]);
    expect(findings.get("dhcp.hold")?.sentence).toContain("(10.77.0.254)");
  });

  it.each<{ name: string; send: MessageParts }>([
    { name: "names us", send: { ...choosing, serverId: "10.77.0.5" } },
    { name: "came by a relay, from another link", send: { ...choosing, giaddr: "10.78.0.1" } },
    { name: "names nobody", send: { type: "request", ciaddr: "10.77.0.50" } },
    { name: "is no REQUEST", send: { ...choosing, type: "decline" } },
  ])("takes no notice of a client's message that $name", async ({ send }) => {
    const { watch, answer } = open();
    await answer();
    watch.overhear(requestOf(send));
    expect(watch.mode).toBe("full");
  });

  it("holds for another server's broadcast, not for a proxy's nor its own", async () => {
    const { watch, answer, probe } = open();
    await answer();
    probe.overheard({ ...router, isProxy: true });
    probe.overheard({ ...router, serverId: us });
    expect(watch.mode).toBe("full");
    probe.overheard(router);
    expect(watch.mode).toBe("hold");
  });

  it("has its own probe left alone, and a rival's answered", () => {
    const { watch } = open();
    expect(watch.overhear(probeOf("10.77.0.5"))).toBe(true);
    expect(watch.overhear(probeOf("10.77.0.9"))).toBe(false);
  });

  it("lets the rival with the lower address go first", async () => {
    const { watch, answer } = open();
    watch.overhear(probeOf("10.77.0.4"));
    expect(await answer()).toBe(2);
    expect(watch.mode).toBe("probe");
    await answer({ ...router, serverId: ip("10.77.0.4") });
    expect(watch.mode).toBe("proxy");
  });

  it("does not wait for the rival with the higher one", async () => {
    const { watch, answer } = open();
    watch.overhear(probeOf("10.77.0.6"));
    await answer();
    expect(watch.mode).toBe("full");
  });

  it("counts no answer of its own host", async () => {
    const { watch, answer } = open();
    await answer({ ...router, serverId: us });
    expect(watch.mode).toBe("full");
  });

  it("asks again when the cable came up while it asked: what it heard was another link", async () => {
    const { watch, clock, answer, link } = open();
    link.now = { carrierUps: 2, address: us };
    clock.step(2000);
    expect(await answer()).toBe(2);
    expect(watch.mode).toBe("probe");
    clock.step(44_999);
    expect(await answer()).toBe(3); // spanning tree may still hold the port
    clock.step(2);
    await answer();
    expect(watch.mode).toBe("full");
  });

  it("looks again at another address", async () => {
    const { watch, clock, answer, link } = open();
    await answer();
    link.now = { carrierUps: 1, address: ip("10.88.0.5") };
    clock.step(2000);
    expect(watch.mode).toBe("probe");
  });

  it("does nothing once it is closed", async () => {
    const { watch, clock, asked, answer, modes } = open();
    watch[Symbol.dispose]();
    await answer();
    clock.step(10_000_000);
    expect([asked.length, modes.length]).toEqual([1, 1]);
  });
});
