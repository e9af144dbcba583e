import { describe, expect, it } from "vitest";
import type { BootEvent, BootFact } from "../../src/boot/event.ts";
import type { FindingSink } from "../../src/boot/finding.ts";
import type { Lease } from "../../src/dhcp/lease.ts";
import type { LeaseStore } from "../../src/dhcp/lease-store.ts";
import { formatDhcp, parseDhcp } from "../../src/dhcp/packet.ts";
import { type DhcpServerDeps, openDhcpServer } from "../../src/dhcp/server.ts";
import type { Log } from "../../src/runtime/log.ts";
import { type MacAddress, parseMac } from "../../src/wire/mac.ts";
import { ClientOptions, clientMac, type MessageParts, messageOf } from "../support/dhcp-message.ts";
import { ip, noon, settings, site } from "../support/dhcp-site.ts";
import { otherMac } from "../support/dhcp-world.ts";
import { FakeClock } from "../support/fake-clock.ts";
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
  const store = (): LeaseStore => ({
    loaded: { leases: [...saved] },
    lines: 0,
    save: async (changes) => {
      if (disk.full) throw new Error("disk full");
      saved.push(...changes.flat());
    },
    rewrite: async () => {
      if (disk.full) throw new Error("disk full");
    },
    [Symbol.asyncDispose]: async () => {},
  });
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
        mode: "full",
        interfaces: [{ device: "eth0", address: site.server, subnet: site.subnet }],
        settings,
        leases: store(),
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
  // Every promise of the fake store is settled by then.
  const written = () => new Promise((resolve) => setImmediate(resolve));
  const hear = (message: MessageParts, port = 67) =>
    network.deliver(port, formatDhcp(messageOf(message), 1472));
  return { network, lines, events, saved, disk, findings, fetched, stop, open, hear, written };
}

const selecting = { type: "request", serverId: "10.77.0.1", requested: "10.77.0.120" } as const;

describe("openDhcpServer", () => {
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
      { hostname: "node-1", reserved: true, state: "reserved" },
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
      await world.written();
    }
    await using again = await world.open();
    again.serve();
    world.hear({ ...selecting, mac: otherMac });
    expect(world.lines.at(-1)?.fields).toMatchObject({ decision: "nak", reason: "taken" });
  });
});

describe("openDhcpServer in proxy mode", () => {
  it("answers 67 with A and then B, and 4011 to the sender's port", async () => {
    const { network, open, hear, saved } = await start({ mode: "proxy" });
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
    const { network, open, hear, findings, fetched } = await start({ mode: "proxy" });
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
    const { open, hear, findings, lines } = await start({ mode: "proxy" });
    await using server = await open();
    server.serve();
    hear({ options: ClientOptions.bios, mac: "dc:a6:32:00:00:01" });
    hear({ options: ClientOptions.bios });
    expect(findings).toMatchObject([{ code: "firmware.quirk", subject: "dc:a6:32:00:00:01" }]);
    expect(lines.map(({ fields }) => fields["quirks"])).toEqual([["raspberry-pi"], undefined]);
  });

  it("says in the log why a machine is refused", async () => {
    const { open, hear, lines } = await start({ mode: "proxy" });
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
    const { network, open, hear, events } = await start({ mode: "proxy" });
    await using server = await open();
    server.serve();
    hear({ type: "request", serverId: "10.77.0.2", requested: "10.77.0.51" });
    expect(network.sent).toEqual([]);
    expect(events).toMatchObject([
      { direction: "in", message: "request", mac: clientMac, address: ip("10.77.0.51") },
    ]);
  });
});
