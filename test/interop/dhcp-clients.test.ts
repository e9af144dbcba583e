import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { openPeer } from "../../src/lab/peer-packages.ts";
import { openVirtualLan, type VirtualLan } from "../../src/lab/virtual-lan.ts";
import { heard, out, run, startDhcp } from "../support/dhcp-lab.ts";
import { noNetworkd, runDhcpcd, runNetworkd } from "../support/real-clients.ts";

let lan: VirtualLan;
let folder = "";

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "kindling-clients-"));
  lan = await openVirtualLan();
  await lan.addHost("server", "10.77.0.1/24");
  await lan.addHost("client");
});
afterEach(async () => {
  await lan[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const startServer = (leaseSeconds: number) =>
  startDhcp(["full", join(folder, "leases.journal"), String(leaseSeconds)]);

it("RFC 2131 §4.4: dhcpcd obtains, renews by itself and releases", async () => {
  await using server = await startServer(20);
  const { client } = await runDhcpcd("client");
  await server.seen(out("ack", "offer-accepted"));
  await server.seen(out("ack", "lease-renewed"));
  client.kill("SIGALRM"); // its word for release and exit
  await server.seen(heard("release"));
  expect((await client).all).toMatch(/leased 10\.77\.0\.1\d\d for 20 seconds/);
});

it("RFC 2131 §4.3.2 and §4.3.5: dhcping hears an ACK to its REQUEST and to its INFORM", async () => {
  await using server = await startServer(600);
  const { program, env } = await openPeer(cacheFolder(process.env), "dhcping");
  await run("client", ["ip", "addr", "add", "10.77.0.150/24", "dev", "eth0"]);
  const ping = (...words: string[]) =>
    run("client", [program, "-v", "-h", "00:16:3e:00:00:01", "-s", "10.77.0.1", ...words], env);
  expect((await ping("-c", "10.77.0.150")).all).toContain("Got answer from: 10.77.0.1");
  await server.seen(out("ack", "lease-rebuilt"));
  await server.seen(heard("release"));
  expect((await ping("-i", "-c", "10.77.0.150")).exitCode).toBe(0);
  await server.seen(out("ack", "informed"));
});

it("RFC 2131 §4.4: systemd-networkd obtains, renews by itself and releases", async (context) => {
  const reason = noNetworkd();
  if (reason !== undefined) context.skip(reason);
  await using server = await startServer(8);
  const client = runNetworkd("client", folder);
  await server.seen(out("ack", "offer-accepted"));
  await server.seen(out("ack", "lease-renewed"));
  client.kill("SIGTERM");
  await server.seen(heard("release"));
  expect((await client).all).toMatch(
    /DHCPv4 address 10\.77\.0\.1\d\d\/24.* acquired from 10\.77\.0\.1/,
  );
});
