import { describe, expect, it } from "vitest";
import type { BootEvent, BootFact } from "../../src/boot/event.ts";
import type { Finding } from "../../src/boot/finding.ts";
import type { Lease } from "../../src/dhcp/lease.ts";
import { fixedMode, type LinkModes } from "../../src/dhcp/link-modes.ts";
import type { LiveMode } from "../../src/dhcp/mode.ts";
import { readOptionLayer } from "../../src/dhcp/option-layer.ts";
import { formatDhcp, parseDhcp } from "../../src/dhcp/packet.ts";
import { formProbe } from "../../src/dhcp/probe-packet.ts";
import { type DhcpServerDeps, openDhcpServer } from "../../src/dhcp/server.ts";
import type { Log } from "../../src/runtime/log.ts";
import { type MacAddress, parseMac } from "../../src/wire/mac.ts";
import {
  ClientOptions,
  clientMac,
  type MessageParts,
  messageOf,
  requestOf,
} from "../support/dhcp-message.ts";
import { ip, noon, settings, site } from "../support/dhcp-site.ts";
import { FakeNetwork } from "../support/fake-udp.ts";

type Line = { level: string; message: string; fields: Record<string, unknown> };

async function start(parts: Partial<DhcpServerDeps> = {}) {
  const network = new FakeNetwork();
  const lines: Line[] = [];
  const events: (Omit<BootEvent, "at"> & BootFact)[] = [];
  const saved: Lease[] = [];
  const disk = { full: false };
  const findings: object[] = [];
  const fetched = new Set<(mac: MacAddress) => void>();
  const level =
    (name: string) =>
    (message: string, fields: Record<string, unknown> = {}) =>
      void lines.push({ level: name, message, fields });
  const log: Log = {
    debug: level("debug"),
    info: level("info"),
    warn: level("warn"),
    error: level("error"),
    child: () => log,
  };
  const stop = new AbortController();
  const open = () =>
    openDhcpServer(
      {
        links: fixedMode("full"),
        interfaces: [{ device: "eth0", address: site.server, subnet: site.subnet }],
        settings,
        leases: {
          load: () => [...saved],
          save: (leases) => {
            if (disk.full) throw new Error("disk full");
            saved.push(...leases);
          },
          [Symbol.dispose]: () => {},
        },
        clock: { now: () => noon, after: () => ({ [Symbol.dispose]: () => {} }) },
        log,
        publish: (event) => void events.push(event),
        findings: {
          raise: (finding) => void findings.push(finding),
          clear: ({ code }) => void findings.push({ code, cleared: true }),
        },
        onFetch: (listener) => {
          fetched.add(listener);
          return { [Symbol.dispose]: () => void fetched.delete(listener) };
        },
        httpPort: site.httpPort,
        openSocket: network.open,
        ...parts,
      },
      stop.signal,
    );
  const hear = (message: MessageParts, port = 67) =>
    network.deliver(port, formatDhcp(messageOf(message), 1472));
  return { network, lines, events, saved, disk, findings, fetched, stop, open, hear };
}

const selecting = { type: "request", serverId: "10.77.0.1", requested: "10.77.0.120" } as const;

describe("openDhcpServer", () => {
  it("raises and clears what a decision found, and logs the options that found no room", async () => {
    const told: string[] = [];
    const findings = {
      raise: ({ code, subject }: Finding) => void told.push(`raise ${code} ${subject}`),
      clear: ({ code, subject }: Pick<Finding, "code" | "subject">) =>
        void told.push(`clear ${code} ${subject}`),
    };
    const options = readOptionLayer({ "root-path": "x".repeat(400) });
    const { lines, open, hear } = await start({
      findings,
      settings: { ...settings, options, declineSeconds: 0 },
    });
    await using server = await open();
    server.serve();
    hear(selecting);
    expect(lines.at(-1)?.fields).toMatchObject({ decision: "ack", dropped: [17] });
    hear({ ...selecting, type: "decline" });
    hear(selecting);
    expect(told).toEqual([
      "raise dhcp.address-conflict 10.77.0.120",
      "clear dhcp.address-conflict 10.77.0.120",
    ]);
  });

  it("binds 67 and 4011 of the interface, and hears nobody before serve()", async () => {
    const { network, open, hear } = await start();
    await using server = await open();
    expect(network.opened.map(({ device, port }) => `${device} ${port}`)).toEqual([
      "eth0 67",
      "eth0 4011",
    ]);
    expect(hear({})).toBe(false);
    server.serve();
    expect(hear({})).toBe(true);
    expect(network.sent).toHaveLength(1);
  });

  it("closes what it bound when a later port is busy", async () => {
    const { network, open } = await start();
    network.busy.add(4011);
    await expect(open()).rejects.toThrow("4011");
    expect(network.closed.map(({ port }) => port)).toEqual([67]);
  });

  it("is done, with its sockets closed, when the signal fires", async () => {
    const { network, open, stop } = await start();
    const server = await open();
    stop.abort();
    await server.done;
    expect(network.closed).toHaveLength(2);
  });

  it("keeps the lease before it sends the ACK, and says each once in log and events", async () => {
    const { network, open, hear, saved, lines, events } = await start();
    await using server = await open();
    server.serve();
    hear({ ...selecting, options: ClientOptions.efi });
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

  it("sends no ACK for a lease that the disk did not take, and goes on", async () => {
    const { network, open, hear, disk, lines } = await start();
    await using server = await open();
    server.serve();
    disk.full = true;
    hear(selecting);
    expect(network.sent).toEqual([]);
    expect(lines.at(-1)).toMatchObject({ level: "error", message: "dhcp message failed" });
    expect(server.bindings()).toEqual([]);
    hear({}); // an OFFER needs no disk
    expect(network.sent).toHaveLength(1);
  });

  it("counts what it does not answer, at debug level", async () => {
    const { network, open, hear, lines } = await start();
    await using server = await open();
    server.serve();
    network.deliver(67, Buffer.alloc(10));
    hear({ options: [[50, Buffer.of(1)]] });
    hear({ header: { op: 2 } });
    expect([...server.counts()]).toEqual([
      ["malformed flags", 1],
      ["malformed option 50", 1],
      ["not-a-request", 1],
    ]);
    expect(lines.map(({ level }) => level)).toEqual(["debug", "debug", "debug"]);
  });

  it("obeys new settings from the next message on", async () => {
    const { network, open, hear } = await start();
    await using server = await open();
    server.serve();
    server.replaceSettings({
      ...settings,
      reservations: [{ address: ip("10.77.0.20"), mac: parseMac(clientMac), hostname: "node-1" }],
    });
    hear({});
    const offer = parseDhcp(network.sent[0]?.datagram ?? Buffer.alloc(0));
    expect(offer.yiaddr).toBe(ip("10.77.0.20"));
    expect(server.bindings()).toMatchObject([
      { hostname: "node-1", reserved: true, state: "offered" },
    ]);
  });

  it("leaves a search for a boot server on 67 to the menu that allows it", async () => {
    const { network, open, hear, saved } = await start();
    await using server = await open();
    server.serve();
    const items = [{ text: "Install", boot: "loader" }] as const;
    const menu = { prompt: "Boot?", timeout: 5, broadcast: true, items };
    const item = [43, Buffer.of(71, 4, 0x80, 0, 0, 0)] as const;
    const options = [...ClientOptions.efi, item];
    server.replaceSettings({ ...settings, menu });
    hear({ type: "request", ciaddr: "10.77.0.120", options });
    const ack = parseDhcp(network.sent[0]?.datagram ?? Buffer.alloc(0));
    expect(Buffer.from(ack.options.get(43) ?? []).toString("hex")).toBe("470480000000ff");
    expect([ack.yiaddr, saved]).toEqual([0, []]);
  });

  it("remembers its leases, though not its offers, over a restart", async () => {
    const world = await start();
    {
      await using server = await world.open();
      server.serve();
      world.hear(selecting);
    }
    await using again = await world.open();
    again.serve();
    world.hear({ ...selecting, mac: "52:54:00:77:00:99" });
    expect(world.lines.at(-1)?.fields).toMatchObject({ decision: "nak", reason: "taken" });
  });
});

describe("openDhcpServer in proxy mode", () => {
  it("answers 67 with A and then B, and 4011 to the sender's port", async () => {
    const { network, open, hear, saved } = await start({ links: fixedMode("proxy") });
    await using server = await open();
    server.serve();
    hear({ options: ClientOptions.efi });
    hear({ options: ClientOptions.efi });
    const ask = messageOf({ type: "request", ciaddr: "10.77.0.50", options: ClientOptions.efi });
    network.deliver(4011, formatDhcp(ask), "10.77.0.50", 4011);
    const files = network.sent.map(({ datagram }) => parseDhcp(datagram).file);
    expect(files).toEqual(["snponly.efi", "", "snponly.efi"]);
    expect(network.sent[2]).toMatchObject({
      address: ip("10.77.0.50"),
      port: 4011,
      fromPort: 4011,
    });
    expect(saved).toEqual([]);
  });

  it("says once all was offered in vain, and takes it back when the machine fetches", async () => {
    const { network, open, hear, findings, fetched } = await start({ links: fixedMode("proxy") });
    const server = await open();
    server.serve();
    for (let times = 0; times < 4; times += 1) hear({ options: ClientOptions.efi });
    const files = network.sent.map(({ datagram }) => parseDhcp(datagram).file);
    expect(files).toEqual(["snponly.efi", "", "snponly.efi", ""]);
    expect(findings).toMatchObject([{ code: "dhcp.proxy-ignored", subject: clientMac }]);
    for (const tell of fetched) tell(parseMac(clientMac));
    expect(findings.at(-1)).toEqual({ code: "dhcp.proxy-ignored", cleared: true });
    hear({ options: ClientOptions.efi }); // its next start begins with what it took
    expect(parseDhcp(network.sent.at(-1)?.datagram ?? Buffer.alloc(0)).file).toBe("");
    await server[Symbol.asyncDispose]();
    expect(fetched.size).toBe(0);
  });

  it("names the quirks that it minded, in the log and as a finding", async () => {
    const { open, hear, findings, lines } = await start({ links: fixedMode("proxy") });
    await using server = await open();
    server.serve();
    hear({ options: ClientOptions.bios, mac: "dc:a6:32:00:00:01" });
    hear({ options: ClientOptions.bios });
    expect(findings).toMatchObject([{ code: "firmware.quirk", subject: "dc:a6:32:00:00:01" }]);
    expect(lines.map(({ fields }) => fields["quirks"])).toEqual([["raspberry-pi"], undefined]);
  });

  it("says in the log why a machine is refused", async () => {
    const { open, hear, lines } = await start({ links: fixedMode("proxy") });
    await using server = await open();
    server.serve();
    const itanium = [
      [60, "PXEClient"],
      [93, Buffer.of(0, 2)],
    ] as const;
    hear({ options: itanium });
    expect(lines[0]?.fields).toMatchObject({
      reason: "no-loader",
      why: expect.stringMatching(/^Itanium/),
    });
  });

  it("publishes the address that a machine asks another server for", async () => {
    const { network, open, hear, events } = await start({ links: fixedMode("proxy") });
    await using server = await open();
    server.serve();
    hear({ type: "request", serverId: "10.77.0.2", requested: "10.77.0.51" });
    expect(network.sent).toEqual([]);
    expect(events).toMatchObject([
      { direction: "in", message: "request", mac: clientMac, address: ip("10.77.0.51") },
    ]);
  });
});

describe("openDhcpServer on a link that is watched", () => {
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

  it("keeps a renewal on disk while it holds, and adds boot answers for all others", async () => {
    const lease: Lease = {
      ...{ address: ip("10.77.0.120"), key: requestOf({}).key, state: "bound" },
      ...{ expires: noon + 1000, relayed: false },
    };
    const { network, open, hear, saved } = await start({ links: links("hold") });
    saved.push(lease);
    await using server = await open();
    server.serve();
    hear({ type: "request", ciaddr: "10.77.0.120" });
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
