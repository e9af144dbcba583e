import { describe, expect, it } from "vitest";
import { fixedMode } from "../../src/dhcp/link-modes.ts";
import { formatDhcp, parseDhcp } from "../../src/dhcp/packet.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { ClientOptions, clientMac, messageOf } from "../support/dhcp-message.ts";
import { start } from "../support/dhcp-server-rig.ts";
import { ip, settings } from "../support/dhcp-site.ts";

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
