import { describe, expect, it } from "vitest";
import type { Finding, FindingSink } from "../../src/boot/finding.ts";
import type { AddressProber } from "../../src/dhcp/arp-prober.ts";
import type { Lease } from "../../src/dhcp/lease.ts";
import type { LinkModes } from "../../src/dhcp/link-modes.ts";
import type { LiveMode } from "../../src/dhcp/mode.ts";
import { readOptionLayer } from "../../src/dhcp/option-layer.ts";
import { formatDhcp, parseDhcp } from "../../src/dhcp/packet.ts";
import { formProbe } from "../../src/dhcp/probe-packet.ts";
import type { Ipv4Address } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { ClientOptions, clientMac, type MessageParts, requestOf } from "../support/dhcp-message.ts";
import { selecting, start } from "../support/dhcp-server-rig.ts";
import { ip, noon, settings } from "../support/dhcp-site.ts";
import { otherMac } from "../support/dhcp-world.ts";
import { FakeClock } from "../support/fake-clock.ts";

describe("Exchange and the disk", () => {
  it("keeps the lease before it sends the ACK, and says each once in log and events", async () => {
    const { network, open, hear, saved, lines, events, written } = await start();
    await using server = await open();
    server.serve();
    hear({ ...selecting, options: ClientOptions.efi });
    expect(network.sent).toEqual([]);
    expect(server.bindings()).toMatchObject([{ address: ip("10.77.0.120"), state: "bound" }]);
    await written();
    expect(saved).toMatchObject([{ address: ip("10.77.0.120"), state: "bound", mac: clientMac }]);
    expect(network.sent).toMatchObject([
      { address: ip("255.255.255.255"), port: 68, fromPort: 67 },
    ]);
    const want = {
      decision: "ack",
      reason: "offer-forgotten",
      mac: clientMac,
      address: "10.77.0.120",
    };
    expect(lines).toMatchObject([{ level: "info", message: "dhcp decision", fields: want }]);
    expect(events).toMatchObject([
      { kind: "dhcp", direction: "in", message: "request", stage: "firmware", arch: "x64 UEFI" },
      {
        kind: "dhcp",
        direction: "out",
        message: "ack",
        address: ip("10.77.0.120"),
        file: "snponly.efi",
      },
    ]);
    expect(events[0]).not.toHaveProperty("address");
    expect(server.bindings()).toMatchObject([{ address: ip("10.77.0.120"), state: "bound" }]);
  });

  it("raises and clears what a decision found, and logs the options that found no room", async () => {
    const told: string[] = [];
    const findings = {
      raise: ({ code, subject }: Finding) => void told.push(`raise ${code} ${subject}`),
      clear: ({ code, subject }: Pick<Finding, "code" | "subject">) =>
        void told.push(`clear ${code} ${subject}`),
    };
    const options = readOptionLayer({ "root-path": "x".repeat(400) });
    const { lines, open, hear, written } = await start({
      findings,
      settings: { ...settings, options, declineSeconds: 0 },
    });
    await using server = await open();
    server.serve();
    hear(selecting);
    await written();
    expect(lines.at(-1)?.fields).toMatchObject({ decision: "ack", dropped: [17] });
    hear({ ...selecting, type: "decline" });
    await written();
    hear(selecting);
    await written();
    expect(told).toEqual([
      "raise dhcp.address-conflict 10.77.0.120",
      "clear dhcp.address-conflict 10.77.0.120",
    ]);
  });

  it("serves only whom it knows while the disk takes nothing, and all when it does again", async () => {
    const raised: string[] = [];
    const findings: FindingSink = {
      raise: ({ code, sentence }) => raised.push(`${code}: ${sentence}`),
      clear: ({ code }) => raised.push(`cleared ${code}`),
    };
    const clock = new FakeClock(noon);
    const { network, open, hear, disk, lines, written } = await start({ findings, clock });
    await using server = await open();
    server.serve();
    hear(selecting);
    await written();
    disk.full = true;
    const stranger = { mac: otherMac, serverId: "10.77.0.1", requested: "10.77.0.121" } as const;
    const answered = async (message: MessageParts): Promise<number> => {
      const before = network.sent.length;
      hear(message);
      await written();
      return network.sent.length - before;
    };
    expect(await answered({ type: "request", ...stranger })).toBe(0);
    expect(lines.at(-1)?.fields).toMatchObject({ decision: "ignore", reason: "store-unusable" });
    expect(raised).toEqual(["store.unusable: disk full"]);
    expect(server.bindings()).toMatchObject([{ address: ip("10.77.0.120") }]);
    expect(await answered({ mac: otherMac })).toBe(0); // no OFFER that could not be kept
    expect(await answered({})).toBe(1);
    expect(await answered({ type: "request", ciaddr: "10.77.0.120" })).toBe(1);
    disk.full = false;
    clock.step(5_000);
    await written();
    expect(raised).toEqual(["store.unusable: disk full", "cleared store.unusable"]);
    expect(await answered({ type: "request", ...stranger })).toBe(1);
  });

  it("tells no finding of a lease that was not kept", async () => {
    const { open, hear, findings, disk, saved, written } = await start();
    const declined = { address: ip("10.77.0.120"), state: "declined", expires: noon - 1 } as const;
    saved.push({ ...declined, key: requestOf({ mac: otherMac }).key, relayed: false });
    await using server = await open();
    server.serve();
    disk.full = true;
    hear(selecting);
    await written();
    expect(findings).toMatchObject([{ code: "store.unusable" }]);
  });

  it("sends what waited for the disk before it closes its sockets", async () => {
    const { network, open, hear } = await start();
    {
      await using server = await open();
      server.serve();
      hear(selecting);
    }
    expect(network.sent).toHaveLength(1);
    expect(network.closed).toHaveLength(2);
  });

  const released = { type: "release", ciaddr: "10.77.0.120", serverId: "10.77.0.1" } as const;
  const late: readonly { name: string; meanwhile: readonly MessageParts[]; want: number }[] = [
    { name: "nothing else came", meanwhile: [], want: 1 },
    { name: "it was asked for again", meanwhile: [selecting], want: 2 },
    { name: "the machine gave it back", meanwhile: [released], want: 0 },
    {
      name: "another machine got it",
      meanwhile: [released, { ...selecting, mac: otherMac }],
      want: 1,
    },
    {
      name: "the machine found it in use",
      meanwhile: [{ ...selecting, type: "decline" }],
      want: 0,
    },
  ];
  it.each(late)("sends $want ACKs of a lease when $name before it was on disk", async (row) => {
    const { network, open, hear, written } = await start();
    await using server = await open();
    server.serve();
    for (const message of [selecting, ...row.meanwhile]) hear(message);
    await written();
    expect(network.sent).toHaveLength(row.want);
    const isSilent = row.want === 0 || row.name.startsWith("another");
    expect(server.counts().get("lease-ended")).toBe(isSilent ? 1 : undefined);
  });

  it("remembers its leases, though not its offers, over a restart", async () => {
    const world = await start();
    {
      await using server = await world.open();
      server.serve();
      world.hear(selecting);
      await world.written();
    }
    await using again = await world.open();
    again.serve();
    world.hear({ ...selecting, mac: otherMac });
    expect(world.lines.at(-1)?.fields).toMatchObject({ decision: "nak", reason: "taken" });
  });
});

describe("Exchange on a link that is watched", () => {
  const links = (mode: LiveMode): LinkModes => ({ modeOf: () => mode, overhear: () => false });

  it("asks for the mode of the link at each message", async () => {
    let mode: LiveMode = "probe";
    const asked: string[] = [];
    const modeOf = (device: string) => {
      asked.push(device);
      return mode;
    };
    const { network, open, hear } = await start({ links: { modeOf, overhear: () => false } });
    await using server = await open();
    server.serve();
    hear({});
    expect(network.sent).toHaveLength(0);
    expect(server.counts().get("probing")).toBe(1);
    mode = "full";
    hear({});
    expect(network.sent).toHaveLength(1);
    expect(new Set(asked)).toEqual(new Set(["eth0"]));
  });

  it("probes free addresses of the link ahead of time in full mode only", async () => {
    let mode: LiveMode = "full";
    const asked: Ipv4Address[] = [];
    const prober: AddressProber = {
      probe: async (address) => {
        asked.push(address);
        return { kind: "silent" };
      },
      forget: () => {},
      overhear: () => {},
      [Symbol.asyncDispose]: async () => {},
    };
    const clock = new FakeClock(noon);
    const modes: LinkModes = { modeOf: () => mode, overhear: () => false };
    const { open, written } = await start({ links: modes, clock, prober });
    await using server = await open();
    server.serve();
    for (mode of ["full", "hold", "proxy", "probe", "full"] as const) {
      const before = asked.length;
      clock.step(1000);
      await written();
      expect([mode, asked.length - before]).toEqual([mode, mode === "full" ? 16 : 0]);
    }
  });

  it("keeps a renewal on disk while it holds, and adds boot answers for all others", async () => {
    const lease: Lease = {
      ...{ address: ip("10.77.0.120"), key: requestOf({}).key, state: "bound" },
      ...{ expires: noon + 1000, relayed: false },
    };
    const { network, open, hear, saved, written } = await start({ links: links("hold") });
    saved.push(lease);
    await using server = await open();
    server.serve();
    hear({ type: "request", ciaddr: "10.77.0.120" });
    await written();
    expect(saved.at(-1)?.expires).toBeGreaterThan(noon + 1000);
    hear({ mac: "52:54:00:77:00:99", options: ClientOptions.efi });
    const types = network.sent.map(({ datagram }) => parseDhcp(datagram));
    expect(types.map(({ yiaddr, file }) => [yiaddr, file])).toEqual([
      [ip("10.77.0.120"), ""],
      [0, "snponly.efi"],
    ]);
  });

  it("answers nothing that the watch claims, and tells nobody of it", async () => {
    const claimed: LinkModes = { modeOf: () => "full", overhear: () => true };
    const { network, open, hear, events } = await start({ links: claimed });
    await using server = await open();
    server.serve();
    hear({});
    expect([network.sent.length, events.length]).toEqual([0, 0]);
    expect(server.counts().get("own-probe")).toBe(1);
  });

  it("answers another host's probe, which is no machine's boot", async () => {
    const { network, open, events } = await start();
    await using server = await open();
    server.serve();
    const mac = parseMac("02:00:00:00:00:01");
    const parts = { kind: "look", as: "firmware", xid: 1, mac, sender: ip("10.77.0.9") } as const;
    network.deliver(67, formatDhcp(formProbe(parts)));
    expect([network.sent.length, events.length]).toEqual([1, 0]);
  });
});
