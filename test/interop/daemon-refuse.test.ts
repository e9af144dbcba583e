import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DaemonSite, openDaemonSite } from "../support/daemon-site.ts";

let site: DaemonSite;
beforeEach(async () => {
  site = await openDaemonSite();
});
afterEach(() => site[Symbol.asyncDispose]());

const dnsmasq = [
  ...["dnsmasq", "-k", "-C", "/dev/null", "-u", "root", "--log-facility=-"],
  "--dhcp-leasefile=/run/dnsmasq.leases",
];
const listenOn = (port: number) =>
  `require("net").createServer().listen(${port}, "10.77.0.1", () => console.error("listening"))`;

describe("a daemon that finds a port taken", () => {
  const holders = [
    {
      use: "UDP 67 (DHCP)",
      argv: [...dnsmasq, "--port=0", "-i", "eth0", "--dhcp-range=10.77.0.100,10.77.0.101"],
      says: 'is held by dnsmasq, pid PID: stop it, or set dhcp.mode to "off"',
    },
    {
      use: "UDP 53 (DNS)",
      argv: [...dnsmasq, "--listen-address=10.77.0.1", "--bind-interfaces"],
      says: "is held by dnsmasq, pid PID: stop it, or set dns.enabled to false",
    },
    {
      use: "UDP 69 (TFTP)",
      argv: [...dnsmasq, "--port=0", "--bind-interfaces", "-i", "eth0", "--enable-tftp"],
      says: "is held by dnsmasq, pid PID: stop it, or set tftp.enabled to false",
    },
    {
      use: "TCP 53 (DNS)",
      argv: [process.execPath, "-e", listenOn(53)],
      says: "is held by node, pid PID: stop it, or set dns.enabled to false",
    },
    {
      use: "TCP 8080 (HTTP)",
      argv: [process.execPath, "-e", listenOn(8080)],
      says: "is held by node, pid PID: stop it, or set another http.port",
    },
  ];

  it.each(holders)("$use: ends with 1 and says who holds it", async ({ use, argv, says }) => {
    const pid = await site.keep("server", argv, /started|listening/);
    const daemon = site.start();
    const { exitCode, stderr } = await daemon.ended;
    expect(stderr).toBe(`kindling: ${use} ${says.replace("PID", String(pid))}`);
    expect(daemon.lines).toEqual([]);
    expect(exitCode).toBe(1);
  });

  it("answers nobody on the ports it had already", async () => {
    await site.keep("server", [process.execPath, "-e", listenOn(8080)], /listening/);
    const [ended, lease] = await Promise.all([site.start().ended, site.lease()]);
    expect(ended.exitCode).toBe(1);
    expect(lease).toBeUndefined();
  });

  it("which another kindling has: names it and leaves its admin socket alone", async () => {
    const first = await site.serve();
    const { exitCode, stderr } = await site.start().ended;
    expect(stderr).toContain(`leases.journal is in use by process ${first.pid}: stop that one`);
    expect(exitCode).toBe(1);
    const elsewhere = ["--interface", "eth0", "--state-folder", `${site.folder}/elsewhere`];
    const second = await site.start({ args: elsewhere }).ended;
    expect(second.stderr).toContain(`UDP 67 (DHCP) is held by node, pid ${first.pid}`);
    expect(await site.admin("/v1/status")).toMatchObject({ mode: "full" });
  });
});

describe("a daemon that cannot serve what it is told to", () => {
  it.each([
    {
      what: "no interface",
      exit: 78,
      args: ["--dns-port", "53"],
      says: "no interface is named: name one with --interface eth1 or the setting interfaces",
    },
    {
      what: "an interface that is missing",
      exit: 1,
      args: ["--interface", "eth9"],
      says: "there is no interface eth9; this host has eth0",
    },
    {
      what: "an interface without an address",
      exit: 1,
      args: ["--interface", "bare"],
      says: "bare has no IPv4 address; give it one: ip addr add 10.77.0.1/24 dev bare",
    },
    {
      what: "a user there is not",
      exit: 78,
      args: ["--interface", "eth0", "--user", "kindlin"],
      says: "there is no user kindlin: make one (useradd --system kindlin)",
    },
    {
      what: "a file there is not",
      exit: 78,
      args: ["--interface", "eth0", "--config", "/nonexistent/kindling.yaml"],
      says: "cannot read the configuration /nonexistent/kindling.yaml (ENOENT): name another",
    },
  ])("$what: ends with $exit and the cure", async ({ args, exit, says }) => {
    const cable = ["link", "add", "bare", "type", "veth", "peer", "name", "bare-peer"];
    await site.run("server", "ip", ...cable);
    const { exitCode, stderr } = await site.start({ args }).ended;
    expect(stderr).toContain(`kindling: ${says}`);
    expect(exitCode).toBe(exit);
  });

  it.each([
    {
      yaml: "dhcp:\n  leese: 1h\n",
      says: "kindling.yaml:2:10: dhcp.leese: there is no such setting; did you mean lease?",
    },
    {
      yaml: "dhcp:\n  lease: soon\n",
      says: 'kindling.yaml:2:10: dhcp.lease: want a time such as 30s, 5m, 12h or 2d, got "soon"',
    },
    { yaml: "dhcp: [\n", says: "kindling.yaml:2:1: not YAML" },
    {
      yaml: "dhcp:\n  pools: [10.1.0.1-10.1.0.9]\n",
      says: "kindling.yaml:2:10: dhcp.pools: want addresses inside 10.77.0.0/24 on eth0",
    },
    {
      yaml: "dns:\n  records:\n    - { name: a, type: A, value: 10.77.0 }\n",
      says: 'kindling.yaml:3:5: dns record "a" A: want an IPv4 address',
    },
  ])("a bad file: ends with 78 and its place, $says", async ({ yaml, says }) => {
    const file = site.configure(yaml);
    const { exitCode, stderr } = await site.start({
      args: ["--interface", "eth0", "--config", file],
    }).ended;
    expect(stderr).toContain(says);
    expect(exitCode).toBe(78);
  });

  it.each([
    { what: "state.folder", flag: "--state-folder", says: "the lease file" },
    { what: "admin.socket", flag: "--admin-socket", says: "admin socket" },
  ])("a file where the folder of $what must be: says so and ends", async ({ flag, says }) => {
    writeFileSync(join(site.folder, "file"), "");
    const path = join(site.folder, "file/inside");
    const { exitCode, stderr } = await site.start({ args: ["--interface", "eth0", flag, path] })
      .ended;
    expect(stderr).toContain(`kindling: ${says}`);
    expect(stderr).toContain(path);
    expect(stderr).not.toContain("    at ");
    expect([1, 77]).toContain(exitCode);
  });
});
