import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parsePcap } from "../../src/lab/pcap.ts";
import { type DaemonSite, openDaemonSite } from "../support/daemon-site.ts";
import { datagramsOf } from "../support/frames.ts";

let site: DaemonSite;
beforeEach(async () => {
  site = await openDaemonSite();
});
afterEach(() => site[Symbol.asyncDispose]());

const interfaceFlag = ["--interface", "eth0"];

describe("a daemon that is told nothing but an interface", () => {
  it("serves DHCP, DNS, TFTP and HTTP", async () => {
    await site.serve();
    expect(await site.lease()).toEqual({
      ip: expect.stringMatching(/^10\.77\.0\.\d+$/),
      seconds: 43_200,
      server: "10.77.0.1",
      dns: "10.77.0.1",
    });
    expect(await site.dig("provisioner.kindling.lan")).toBe("10.77.0.1");
    expect(await site.get("/healthz")).toBe("ok");
    const got = join(site.folder, "loader");
    await site.run("client", "curl", "-sS", "-o", got, "tftp://10.77.0.1/snponly.efi");
    expect(sum(got)).toBe(sum("/usr/lib/ipxe/snponly.efi"));
  });

  it("speaks on that interface only", async () => {
    await addSecondLink();
    const pcap = join(site.folder, "eth1.pcap");
    const capture = ["tcpdump", "-U", "-n", "-i", "eth1", "-w", pcap, "udp"];
    await site.keep("client", capture, /listening on/);
    await site.serve();
    const discover = ["udhcpc", "-f", "-n", "-q", "-t", "2", "-T", "1", "-s", "/bin/true"];
    const silent = await site.run("client", ...discover, "-i", "eth1");
    expect(silent.exitCode).toBe(1);
    expect(await site.lease()).toBeDefined();
    const question = ["dig", "+time=1", "+tries=1", "@10.88.0.1", "provisioner.kindling.lan"];
    expect((await site.run("client", ...question)).exitCode).toBe(9); // no reply
    const seen = datagramsOf(parsePcap(readFileSync(pcap))).map(({ from, toPort }) => {
      return `${from} ${toPort}`;
    });
    expect(seen).toContain("0.0.0.0 67"); // the capture saw the client
    expect(seen.filter((line) => !/^(?:0\.0\.0\.0 67|10\.88\.0\.2 53)$/.test(line))).toEqual([]);
  });
});

describe("a setting", () => {
  const environment = { KINDLING_DHCP_LEASE: "2h" };
  it.each([
    { from: "the file", seconds: 3600, args: [], environment: {} },
    { from: "the environment over the file", seconds: 7200, args: [], environment },
    { from: "a flag over both", seconds: 10_800, args: ["--dhcp-lease", "3h"], environment },
  ])("counts from $from", async ({ args, environment, seconds }) => {
    const file = site.configure("dhcp:\n  lease: 1h\n");
    await site.serve({ args: [...interfaceFlag, "--config", file, ...args], environment });
    expect(await site.lease()).toMatchObject({ seconds });
  });
});

it("reads the settings file that KINDLING_CONFIG names", async () => {
  const file = site.configure("dhcp:\n  lease: 1h\n");
  await site.serve({ environment: { KINDLING_CONFIG: file } });
  expect(await site.lease()).toMatchObject({ seconds: 3600 });
});

describe("kindling check", () => {
  it("shows each setting, its value and where it came from", async () => {
    const file = site.configure("dhcp:\n  lease: 1h\n");
    const words = ["check", ...interfaceFlag, "--config", file, "--http-port", "8081"];
    const { exitCode, stdout } = await site.kindling(...words);
    expect(stdout).toMatch(/^dhcp\.lease +"1h" +\S*kindling\.yaml:2:10$/m);
    expect(stdout).toMatch(/^http\.port +8081 +--http-port$/m);
    expect(stdout).toMatch(/^dhcp\.bootLease +"5m" +default$/m);
    expect(stdout).toMatch(/^state\.folder +"\S+" +KINDLING_STATE_FOLDER$/m);
    expect(stdout).toContain("ok: nothing stands in the way");
    expect(exitCode).toBe(0);
  });

  it("says the same as JSON", async () => {
    const { exitCode, stdout } = await site.kindling("check", ...interfaceFlag, "-o", "json");
    const lease = { path: "dhcp.lease", value: "12h", origin: "default" };
    const wanted = { valid: true, findings: [], settings: expect.arrayContaining([lease]) };
    expect(JSON.parse(stdout)).toMatchObject(wanted);
    expect(exitCode).toBe(0);
  });

  it.each([
    { what: "no interface", words: [], exit: 78, says: "no interface is named" },
    { what: "one that is missing", words: ["--interface", "eth9"], exit: 1, says: "eth9" },
    { what: "a flag that is none", words: ["--dhcp-leese", "1h"], exit: 2, says: "dhcp-leese" },
    { what: "a bad value", words: ["--dns-port", "x"], exit: 78, says: "--dns-port: dns.port" },
    {
      what: "a range beside the link",
      words: [...interfaceFlag, "--dhcp-pools", "10.1.0.1-10.1.0.9"],
      exit: 78,
      says: "--dhcp-pools: dhcp.pools: want addresses inside 10.77.0.0/24 on eth0",
    },
    { what: "an unknown output", words: [...interfaceFlag, "-o", "yaml"], exit: 2, says: "yaml" },
  ])("ends with $exit on $what", async ({ words, exit, says }) => {
    const { exitCode, stdout, stderr } = await site.kindling("check", ...words);
    expect(stdout + stderr).toContain(says);
    expect(exitCode).toBe(exit);
  });

  it("names who holds a port", async () => {
    const daemon = await site.serve();
    const { exitCode, stdout } = await site.kindling("check", ...interfaceFlag);
    expect(stdout).toContain(`UDP 67 (DHCP) is held by node, pid ${daemon.pid}: stop it`);
    expect(exitCode).toBe(1);
  });

  it("lets those be who hold a port on an interface that is not served", async () => {
    await addSecondLink();
    const dnsmasq = [
      ...["dnsmasq", "-k", "-C", "/dev/null", "-u", "root", "--log-facility=-"],
      "--dhcp-leasefile=/run/dnsmasq.leases",
    ];
    const other = ["-i", "eth1", "--bind-interfaces", "--dhcp-range=10.88.0.9,10.88.0.9"];
    await site.keep("server", [...dnsmasq, ...other], /started/);
    const { exitCode, stdout } = await site.kindling("check", ...interfaceFlag);
    expect(stdout).toContain("ok: nothing stands in the way");
    expect(exitCode).toBe(0);
  });
});

/** A second cable between server and client, with addresses the daemon was not told of. */
async function addSecondLink(): Promise<void> {
  const cable = ["link", "add", "eth1", "type", "veth", "peer", "name", "eth1", "netns", "client"];
  await site.run("server", "ip", ...cable);
  for (const [host, address] of [
    ["server", "10.88.0.1/24"],
    ["client", "10.88.0.2/24"],
  ] as const) {
    await site.run(host, "ip", "addr", "add", address, "brd", "+", "dev", "eth1");
    await site.run(host, "ip", "link", "set", "eth1", "up");
  }
}

function sum(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}
