import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { openPeer } from "../../src/lab/peer-packages.ts";
import { openVirtualLan, type VirtualLan } from "../../src/lab/virtual-lan.ts";
import { clientScript, heard, out, run, startDhcp } from "../support/dhcp-lab.ts";
import { noNetworkd, runDhcpcd, runNetworkd } from "../support/real-clients.ts";

/** The server's link, and two links behind the relay, each with a client on it. */
let lans: VirtualLan[] = [];
let folder = "";
let script = "";

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "kindling-relay-"));
  script = join(folder, "client-script");
  writeFileSync(script, clientScript, { mode: 0o755 });
  const near = await openVirtualLan();
  lans = [near];
  await near.addHost("server", "10.77.0.1/24");
  await near.addHost("relay", "10.77.0.2/24");
  for (const [index, net] of ["10.88.0", "10.99.0"].entries()) {
    const lan = await openVirtualLan(`br${index + 1}`);
    lans.push(lan);
    await lan.addHost(`far${index + 1}`);
    await ip(`link add leg${index + 1} type veth peer name eth${index + 1} netns relay`);
    await ip(`link set leg${index + 1} master ${lan.bridge} up`);
    await ip(`-n relay addr add ${net}.1/24 dev eth${index + 1}`);
    await ip(`-n relay link set eth${index + 1} up`);
    await ip(`-n server route replace ${net}.0/24 via 10.77.0.2`);
  }
});
afterEach(async () => {
  for (const index of [1, 2]) await ip(`link del leg${index}`);
  for (const lan of lans.reverse()) await lan[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

async function ip(words: string): Promise<void> {
  await execa("ip", words.split(" "));
}

/** ISC's relay between the links; `-a` adds option 82. */
async function startRelay() {
  const { program, env } = await openPeer(cacheFolder(process.env), "dhcrelay");
  const argv = [
    program,
    "-4",
    "-d",
    "-a",
    "--no-pid",
    "-iu",
    "eth0",
    "-id",
    "eth1",
    "-id",
    "eth2",
    "10.77.0.1",
  ];
  const relay = run("relay", argv, env);
  await new Promise<void>((resolve) => {
    relay.all?.on("data", (chunk: Buffer) => {
      if (chunk.toString().includes("Sending on   Socket")) resolve();
    });
  });
  return {
    async [Symbol.asyncDispose]() {
      relay.kill("SIGTERM");
      await relay;
    },
  };
}

/** Once the client on `far1` has its address: the way to the server that goes by the router. */
async function routePastRelay(): Promise<void> {
  for (;;) {
    const { stdout } = await run("far1", ["ip", "-4", "-o", "addr", "show", "dev", "eth0"]);
    if (stdout.includes("10.88.0.")) break;
  }
  await ip("-n far1 route add default via 10.88.0.1");
}

const startServer = (leaseSeconds = 600) =>
  startDhcp(["full", join(folder, "leases.journal"), String(leaseSeconds)]);

describe("behind ISC's relay", () => {
  it("RFC 2131 §4.3.1, giaddr: each of two subnets gives its own addresses", async () => {
    await using server = await startServer();
    await using _relay = await startRelay();
    const clients = ["far1", "far2"].map((host) =>
      run(host, ["udhcpc", "-q", "-n", "-f", "-i", "eth0", "-s", script]),
    );
    const said = await Promise.all(clients.map(async (client) => (await client).all));
    await server.seen(out("ack", "offer-accepted"));
    expect(said[0]).toMatch(/lease of 10\.88\.0\.1\d\d obtained/);
    expect(said[1]).toMatch(/lease of 10\.99\.0\.1\d\d obtained/);
  });

  // Between T2 and the end of so short a lease dhclient asks once or never: then it begins anew.
  it("RFC 2131 §4.4.5: dhclient, whose renewals reach nobody, rebinds through the relay", {
    timeout: 180_000,
  }, async () => {
    await using server = await startServer(10);
    await using _relay = await startRelay();
    const files = ["-sf", script, "-lf", join(folder, "c.leases"), "-pf", join(folder, "c.pid")];
    const client = run("far1", ["dhclient", "-d", "-v", ...files, "eth0"]);
    await server.seen(out("ack", "offer-accepted"));
    await server.seen(out("ack", "lease-renewed"));
    client.kill("SIGTERM");
    expect((await client).all).toMatch(/DHCPREQUEST for 10\.88\.0\.1\d\d on eth0 to 255/);
  });

  it("RFC 2131 §4.3.2: a router lets udhcpc's renewal and release past the relay", async () => {
    await using server = await startServer();
    await using _relay = await startRelay();
    await run("relay", ["sysctl", "-qw", "net.ipv4.ip_forward=1"]);
    const client = run("far1", ["udhcpc", "-f", "-R", "-i", "eth0", "-s", script]);
    await server.seen(out("ack", "offer-accepted"));
    await routePastRelay();
    client.kill("SIGUSR1");
    await server.seen(out("ack", "lease-renewed"));
    client.kill("SIGTERM");
    await server.seen(heard("release"));
    await client;
  });

  it("RFC 2131 §4.4.6: dhcpcd obtains through the relay and releases past it", async () => {
    await using server = await startServer();
    await using _relay = await startRelay();
    await run("relay", ["sysctl", "-qw", "net.ipv4.ip_forward=1"]);
    const { client } = await runDhcpcd("far1");
    await server.seen(out("ack", "offer-accepted"));
    await routePastRelay();
    client.kill("SIGALRM");
    await server.seen(heard("release"));
    expect((await client).all).toMatch(/leased 10\.88\.0\.1\d\d for 600 seconds/);
  });

  it("RFC 2131 §4.4.5: systemd-networkd, whose renewals reach nobody, rebinds through the relay", async (context) => {
    const reason = noNetworkd();
    if (reason !== undefined) context.skip(reason);
    await using server = await startServer(8);
    await using _relay = await startRelay();
    const client = runNetworkd("far1", folder);
    await server.seen(out("ack", "offer-accepted"));
    await server.seen(out("ack", "lease-renewed"));
    client.kill("SIGTERM");
    expect((await client).all).toMatch(/DHCPv4 address 10\.88\.0\.1\d\d\/24/);
  });

  it("RFC 2131 §4.3.2: a client that moved to the other link gets a NAK through the relay", async () => {
    await using server = await startServer();
    await using _relay = await startRelay();
    const leases = join(folder, "moved.leases");
    writeFileSync(
      leases,
      `lease { interface "eth0"; fixed-address 10.88.0.150; option dhcp-lease-time 600;
        option dhcp-server-identifier 10.77.0.1; renew 2 2038/01/01 00:00:00;
        rebind 2 2038/01/01 00:00:00; expire 2 2038/01/01 00:00:00; }\n`,
    );
    const files = ["-sf", script, "-lf", leases, "-pf", join(folder, "m.pid")];
    const { all } = await run("far2", ["dhclient", "-1", "-v", ...files, "eth0"]);
    await server.seen(out("nak", "wrong-subnet"));
    expect(all).toMatch(/bound to 10\.99\.0\.1\d\d/);
  });
});
