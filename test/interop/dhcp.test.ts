import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OptionCode } from "../../src/dhcp/options.ts";
import { type DhcpMessage, formatDhcp, parseDhcp } from "../../src/dhcp/packet.ts";
import { openVirtualLan, type VirtualLan } from "../../src/lab/virtual-lan.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";
import { clientScript, out, run, startDhcp } from "../support/dhcp-lab.ts";
import { ClientOptions, type MessageParts, messageOf } from "../support/dhcp-message.ts";

const support = join(import.meta.dirname, "../support");

let lan: VirtualLan;
let folder = "";
let script = "";

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "kindling-dhcp-"));
  script = join(folder, "client-script");
  writeFileSync(script, clientScript, { mode: 0o755 });
  lan = await openVirtualLan();
  await lan.addHost("server", "10.77.0.1/24");
  await lan.addHost("client");
});
afterEach(async () => {
  await lan[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const startServer = (mode: "full" | "proxy" = "full", leaseSeconds = 600) =>
  startDhcp([mode, join(folder, "leases.journal"), String(leaseSeconds)]);

const leaseOf = (text: string | undefined) => /10\.77\.0\.1\d\d/.exec(text ?? "")?.[0];

describe("independent clients", () => {
  it("udhcpc obtains, renews and releases", async () => {
    await using server = await startServer();
    const client = run("client", ["udhcpc", "-f", "-R", "-i", "eth0", "-s", script]);
    await server.seen(out("ack", "offer-accepted"));
    await addressOn("client");
    client.kill("SIGUSR1");
    await server.seen(out("ack", "lease-renewed"));
    client.kill("SIGTERM");
    await server.seen((event) => event.direction === "in" && event.message === "release");
    const { all } = await client;
    expect(leaseOf(all)).toBeDefined();
  });

  it("dhclient obtains, renews by itself, comes back with its lease and releases", async () => {
    await using server = await startServer("full", 6);
    const files = [
      "-sf",
      script,
      "-lf",
      join(folder, "client.leases"),
      "-pf",
      join(folder, "client.pid"),
    ];
    const first = run("client", ["dhclient", "-d", "-v", ...files, "eth0"]);
    await server.seen(out("ack", "offer-accepted"));
    await server.seen(out("ack", "lease-renewed"));
    first.kill("SIGTERM");
    const { all } = await first;
    const again = await run("client", ["dhclient", "-1", "-v", ...files, "eth0"]);
    await server.seen(out("ack", "lease-known"));
    expect(leaseOf(again.all)).toBe(leaseOf(all));
    await run("client", ["dhclient", "-r", "-v", ...files, "eth0"]);
    await server.seen((event) => event.direction === "in" && event.message === "release");
  });

  it("the npm package dhcp gets a lease", async () => {
    await using server = await startServer();
    await run("client", ["ip", "route", "add", "default", "dev", "eth0"]);
    const script = join(support, "npm-dhcp-client.cjs");
    const client = await run("client", [process.execPath, script, "52:54:00:77:00:20"]);
    await server.seen(out("ack"));
    expect(JSON.parse(client.stdout)).toMatchObject({
      address: expect.stringMatching(/^10\.77\.0\.1\d\d$/),
      options: { netmask: "255.255.255.0", router: ["10.77.0.254"], dns: ["10.77.0.1"] },
    });
  });
});

async function addressOn(host: string): Promise<void> {
  for (;;) {
    const { stdout } = await run(host, ["ip", "-4", "-o", "addr", "show", "dev", "eth0"]);
    if (stdout.includes("10.77.0.")) return;
  }
}

/** One message out of a host's port, and the first reply with where it came from. */
async function exchange(
  parts: MessageParts,
  by: { host?: string; port?: number; to?: string; toPort?: number } = {},
) {
  const { host = "client", port = 68, to = "255.255.255.255", toPort = 67 } = by;
  const hex = Buffer.from(formatDhcp(messageOf(parts), 1472)).toString("hex");
  const probe = join(support, "dhcp-probe.ts");
  const { stdout } = await run(host, [
    process.execPath,
    probe,
    String(port),
    to,
    String(toPort),
    hex,
  ]);
  const reply: { from: string; port: number; hex: string } | null = JSON.parse(stdout);
  return reply && { ...reply, message: parseDhcp(Buffer.from(reply.hex, "hex")) };
}

const typeOf = (message: DhcpMessage | undefined) =>
  message?.options.get(OptionCode.messageType)?.[0];
const bootFileOf = (message: DhcpMessage | undefined) =>
  Buffer.from(message?.options.get(OptionCode.bootFile) ?? []).toString();

describe("hand-made PXE clients", () => {
  it("boot from the full server in two messages", async () => {
    await using _server = await startServer();
    const offer = await exchange({ options: ClientOptions.efi });
    expect(offer).toMatchObject({ from: "10.77.0.1", port: 67, message: { file: "snponly.efi" } });
    const requested = formatIpv4(offer?.message.yiaddr ?? messageOf({}).yiaddr);
    const ack = await exchange({
      type: "request",
      requested,
      serverId: "10.77.0.1",
      options: ClientOptions.efi,
    });
    expect([typeOf(ack?.message), ack?.message.yiaddr]).toEqual([5, offer?.message.yiaddr]);
    expect(bootFileOf(ack?.message)).toBe("snponly.efi\0");
  });

  it("boot from the proxy: form A, form B, then 4011 from and to port 4011", async () => {
    await using _server = await startServer("proxy");
    await lan.addHost("edk2", "10.77.0.50/24");
    const first = await exchange({ options: ClientOptions.efi });
    expect([first?.message.yiaddr, bootFileOf(first?.message)]).toEqual([0, "snponly.efi\0"]);
    const second = await exchange({ options: ClientOptions.efi });
    expect([second?.message.file, second?.message.options.has(43)]).toEqual(["", false]);
    const ask = { type: "request", ciaddr: "10.77.0.50", options: ClientOptions.efi } as const;
    const by = { host: "edk2", port: 4011, to: "10.77.0.1", toPort: 4011 };
    const ack = await exchange(ask, by);
    expect(ack).toMatchObject({ from: "10.77.0.1", port: 4011, message: { file: "snponly.efi" } });
    expect(typeOf(ack?.message)).toBe(5);
  });

  it("that are systems hear nothing from the proxy", async () => {
    await using _server = await startServer("proxy");
    expect(await exchange({ options: ClientOptions.system })).toBeNull();
  });
});

describe("a server that is killed", () => {
  const ann = "52:54:00:77:00:0a";
  const bob = "52:54:00:77:00:0b";
  const select = (mac: string, requested: string) =>
    exchange({ type: "request", mac, requested, serverId: "10.77.0.1" });

  it("between OFFER and ACK honours its forgotten offer, and for one machine only", async () => {
    const before = await startServer();
    const offer = await exchange({ mac: ann });
    const address = formatIpv4(offer?.message.yiaddr ?? messageOf({}).yiaddr);
    await before.end("SIGKILL");
    await using _server = await startServer();
    expect(typeOf((await select(ann, address))?.message)).toBe(5);
    expect(typeOf((await select(bob, address))?.message)).toBe(6);
  });

  it("after the ACK still knows the lease, and offers its address to nobody else", async () => {
    const before = await startServer();
    expect(typeOf((await select(ann, "10.77.0.150"))?.message)).toBe(5);
    await before.end("SIGKILL");
    await using _server = await startServer();
    const offer = await exchange({ mac: bob, requested: "10.77.0.150" });
    expect(typeOf(offer?.message)).toBe(2);
    expect(formatIpv4(offer?.message.yiaddr ?? messageOf({}).yiaddr)).not.toBe("10.77.0.150");
    const own = await exchange({ mac: ann });
    expect(formatIpv4(own?.message.yiaddr ?? messageOf({}).yiaddr)).toBe("10.77.0.150");
  });
});
