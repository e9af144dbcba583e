import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { openPeer } from "../../src/lab/peer-packages.ts";
import { openVirtualLan, type VirtualLan } from "../../src/lab/virtual-lan.ts";
import { heard, out, run, startDhcp } from "../support/dhcp-lab.ts";

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
  const { program, env } = await openPeer(cacheFolder(process.env), "dhcpcd");
  const words = ["-4", "-B", "-d", "-p", "-A", "-f", "/dev/null", "-c", "/bin/true", "eth0"];
  // It keeps its files below /var/lib and /run, and those are the host's.
  const mounts =
    "for at in /var/lib /run; do mount -t tmpfs tmpfs $at; done; mkdir /var/lib/dhcpcd";
  const argv = ["sh", "-c", `${mounts}; exec "$0" "$@"`, program, ...words];
  const client = run("client", argv, env);
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

const networkd = "/lib/systemd/systemd-networkd";
const network =
  "[Match]\nName=eth0\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n";

/** Why networkd cannot run here: it becomes a user of its own, whom a sandbox may not have. */
function noNetworkd(): string | undefined {
  if (!existsSync(networkd)) return `there is no ${networkd}`;
  const mapped = /4294967295\s*$/.test(readFileSync("/proc/self/uid_map", "utf8"));
  return mapped ? undefined : "this sandbox maps one user, and networkd wants another";
}

it("RFC 2131 §4.4: systemd-networkd obtains, renews by itself and releases", async (context) => {
  const reason = noNetworkd();
  if (reason !== undefined) context.skip(reason);
  await using server = await startServer(8);
  const file = join(folder, "10-eth0.network");
  writeFileSync(file, network);
  // A /sys that is read-only tells it that there is no udev to wait for.
  const steps = `mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/network &&
    cp "$0" /run/systemd/network/ && mount -o remount,ro /sys && exec ${networkd}`;
  const client = run("client", ["sh", "-c", steps, file]);
  await server.seen(out("ack", "offer-accepted"));
  await server.seen(out("ack", "lease-renewed"));
  client.kill("SIGTERM");
  await server.seen(heard("release"));
  expect((await client).all).toMatch(
    /DHCPv4 address 10\.77\.0\.1\d\d\/24.* acquired from 10\.77\.0\.1/,
  );
});
