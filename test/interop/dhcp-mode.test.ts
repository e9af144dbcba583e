import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { openPeer } from "../../src/lab/peer-packages.ts";
import type { Daemon } from "../support/daemon.ts";
import { type DaemonSite, openDaemonSite, type Starting } from "../support/daemon-site.ts";

let site: DaemonSite;
beforeEach(async () => {
  site = await openDaemonSite();
  await site.lan.addHost("router", "10.77.0.254/24");
});
afterEach(() => site[Symbol.asyncDispose]());

/** A daemon that looks as an operator's does, in seconds instead of minutes. */
const looking = (more: Readonly<Record<string, string>> = {}): Starting => ({
  environment: {
    KINDLING_DHCP_MODE: "auto",
    KINDLING_DHCP_FORCE: "false",
    KINDLING_DHCP_PROBE_LISTEN: "1s",
    KINDLING_DHCP_PROBE_EVERY: "1s",
    KINDLING_DHCP_PROBE_CARRIER: "2s",
    KINDLING_LOG_LEVEL: "debug",
    ...more,
  },
});

const becomes = (daemon: Daemon, mode: string) =>
  daemon.logged("dhcp mode", (line) => line["mode"] === mode && line["from"] !== undefined);
const raises = (daemon: Daemon, code: string) =>
  daemon.logged("finding raised", (line) => line["code"] === code);
const clears = (daemon: Daemon, code: string) =>
  daemon.logged("finding cleared", (line) => line["code"] === code);

/** dnsmasq on the router; returns its process. */
async function startDnsmasq(...more: readonly string[]): Promise<number> {
  const range = "--dhcp-range=10.77.0.50,10.77.0.60,10m";
  const words = ["dnsmasq", "-k", "-C", "/dev/null", "-u", "root", "--port=0", "-i", "eth0"];
  const files = [`--dhcp-leasefile=${join(site.folder, "dnsmasq.leases")}`, "--no-ping"];
  const argv = [...words, "--log-facility=-", ...files, ...(more.length > 0 ? more : [range])];
  return await site.keep("router", argv, /started/);
}

const fullRange = "--dhcp-range=10.77.0.50,10.77.0.60,10m";

describe("on a link without a DHCP server, auto", () => {
  it("gives nothing until it has looked, then addresses", async () => {
    const daemon = await site.serve(looking());
    expect(await site.admin("/v1/status")).toMatchObject({ interfaces: [{ mode: "probe" }] });
    await becomes(daemon, "full");
    expect(await site.lease()).toMatchObject({ server: "10.77.0.1" });
    expect(await site.admin("/v1/status")).toMatchObject({
      mode: "auto",
      interfaces: [{ name: "eth0", mode: "full" }],
    });
    expect(await site.get("/metrics")).toContain(
      'kindling_dhcp_mode{interface="eth0",mode="full"} 1',
    );
  });

  it("gives none where it may not", async () => {
    const daemon = await site.serve(looking({ KINDLING_DHCP_TAKE_ADDRESSES: "false" }));
    await becomes(daemon, "proxy");
    expect(await site.lease()).toBeUndefined();
  });

  it.skipIf(process.getuid?.() !== 0)(
    "looks as another user too, once root was given up (skipped where the tests are not root)",
    async () => {
      const args = ["--interface", "eth0", "--user", "nobody"];
      const daemon = await site.serve({ ...looking(), args });
      await becomes(daemon, "full");
      await startDnsmasq();
      await becomes(daemon, "proxy");
    },
  );

  it("looks again when the cable was out", async () => {
    const daemon = await site.serve(looking());
    await becomes(daemon, "full");
    await site.run("server", "ip", "link", "set", "eth0", "down");
    await site.run("server", "ip", "link", "set", "eth0", "up");
    const again = await becomes(daemon, "probe");
    expect(again).toMatchObject({ from: "full", reason: "link-up" });
    await daemon.logged("dhcp mode", (line) => line["reason"] === "link-settling");
  });
});

describe("beside a dnsmasq that was there first", () => {
  it("auto adds boot answers and gives no address", async () => {
    await startDnsmasq();
    const daemon = await site.serve(looking());
    expect(await becomes(daemon, "proxy")).toMatchObject({ from: "probe" });
    const found = await raises(daemon, "dhcp.foreign-server");
    expect(found["subject"]).toBe("eth0 10.77.0.254");
    expect(await site.lease()).toMatchObject({ server: "10.77.0.254" });
    await daemon.logged("dhcp decision", (line) => line["reason"] === "address-server");
    expect(daemon.lines.filter((line) => line["decision"] === "nak")).toEqual([]);
  });

  it("auto finds it behind a firewall that opens port 67 alone", async () => {
    await startDnsmasq();
    const rules = join(site.folder, "rules.nft");
    const hook = "type filter hook input priority 0;";
    writeFileSync(rules, `table ip f {\n chain i {\n ${hook}\n udp dport 68 drop\n }\n}\n`);
    const ruled = await site.run("server", "nft", "-f", rules);
    expect(ruled).toMatchObject({ exitCode: 0 });
    await becomes(await site.serve(looking()), "proxy");
  });

  it("full refuses, names the cure and leaves the other services on", async () => {
    await startDnsmasq();
    const daemon = await site.serve(looking({ KINDLING_DHCP_MODE: "full" }));
    expect(await becomes(daemon, "hold")).toMatchObject({ reason: "foreign-server" });
    const found = await raises(daemon, "dhcp.hold");
    expect(found["cure"]).toContain("set dhcp.mode to proxy, or set dhcp.force to true");
    expect(await site.lease()).toMatchObject({ server: "10.77.0.254" });
    expect(await site.get("/healthz")).toContain("ok");
  });

  it("full with force does not look", async () => {
    await startDnsmasq();
    const daemon = await site.serve();
    expect(await site.admin("/v1/status")).toMatchObject({ interfaces: [{ mode: "full" }] });
    expect(daemon.lines.filter(({ msg }) => msg === "dhcp mode")).toEqual([]);
  });

  it.each([
    {
      code: "dhcp.foreign-option-60",
      words: [fullRange, "--dhcp-option-force=60,PXEClient"],
      says: "dnsmasq: remove pxe-service",
    },
    {
      code: "dhcp.foreign-boot-file",
      words: [fullRange, "--dhcp-boot=router.efi"],
      says: "kindling dhcp router-config prints the lines",
    },
    {
      code: "dhcp.foreign-proxy",
      words: ["--dhcp-range=10.77.0.254,proxy", "--pxe-service=X86-64_EFI,other,other.efi"],
      says: "stop one of the two",
    },
  ])("$code is told with its cure", async ({ code, words, says }) => {
    await startDnsmasq(...words);
    const daemon = await site.serve(looking());
    expect((await raises(daemon, code))["cure"]).toContain(says);
  });

  it("a proxy is no reason to give no addresses, and answers on 4011", async () => {
    const words = ["--dhcp-range=10.77.0.254,proxy", "--pxe-service=X86-64_EFI,other,other.efi"];
    await startDnsmasq(...words);
    const daemon = await site.serve(looking());
    await becomes(daemon, "full");
    const found = await raises(daemon, "dhcp.foreign-proxy");
    expect(found["sentence"]).toContain("answers on port 4011");
  });
});

describe("a dnsmasq that comes later", () => {
  it("makes auto hold, then stand beside it; gone, it is missed, and not replaced", async () => {
    const daemon = await site.serve(looking());
    await becomes(daemon, "full");
    const other = await startDnsmasq();
    expect(await becomes(daemon, "hold")).toMatchObject({ from: "full" });
    await raises(daemon, "dhcp.hold");
    expect(await becomes(daemon, "proxy")).toMatchObject({ reason: "foreign-confirmed" });
    await clears(daemon, "dhcp.hold");
    process.kill(other, "SIGKILL");
    await raises(daemon, "dhcp.foreign-server-gone");
    expect(await site.admin("/v1/status")).toMatchObject({ interfaces: [{ mode: "proxy" }] });
    await startDnsmasq();
    await clears(daemon, "dhcp.foreign-server-gone");
  });

  it("and goes again is replaced where takeover is set", async () => {
    const other = await startDnsmasq();
    const daemon = await site.serve(
      looking({ KINDLING_DHCP_TAKEOVER: "true", KINDLING_DHCP_PROBE_SETTLE: "1s" }),
    );
    await becomes(daemon, "proxy");
    process.kill(other, "SIGKILL");
    expect(await becomes(daemon, "full")).toMatchObject({ reason: "taken-over" });
    expect(await site.lease()).toMatchObject({ server: "10.77.0.1" });
  });

  it("is noticed by what a client asks, between two probes", async () => {
    const daemon = await site.serve(looking({ KINDLING_DHCP_PROBE_EVERY: "1h" }));
    await becomes(daemon, "full");
    await startDnsmasq();
    await site.lease();
    await becomes(daemon, "hold");
    await becomes(daemon, "proxy");
  });
});

describe("beside Kea", () => {
  it("that was there first, auto adds boot answers, and says that its leases are short", async (test) => {
    const kea = await openPeer(cacheFolder(process.env), "kea").catch((error: unknown) => {
      test.skip(`kea cannot be had: ${error}`);
    });
    if (kea === undefined) return;
    const file = join(site.folder, "kea.json");
    const leases = { type: "memfile", persist: false };
    const dhcp4 = {
      "interfaces-config": { interfaces: ["eth0"] },
      ...{ "lease-database": leases, "valid-lifetime": 60 },
      subnet4: [{ subnet: "10.77.0.0/24", pools: [{ pool: "10.77.0.50 - 10.77.0.60" }] }],
      loggers: [{ name: "kea-dhcp4", output_options: [{ output: "stderr" }], severity: "INFO" }],
    };
    writeFileSync(file, JSON.stringify({ Dhcp4: dhcp4 }));
    const env = { ...kea.env, KEA_PIDFILE_DIR: site.folder, KEA_LOCKFILE_DIR: site.folder };
    const words = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    await site.keep("router", ["env", ...words, kea.program, "-c", file], /DHCP4_STARTED/);
    const daemon = await site.serve(looking());
    await becomes(daemon, "proxy");
    expect((await raises(daemon, "dhcp.short-lease"))["sentence"]).toContain("leases of 60 s");
    expect(await site.lease()).toMatchObject({ server: "10.77.0.254" });
  });
});

describe("two Kindlings on one link", () => {
  const second = (): Starting => {
    const folder = join(site.folder, "second");
    mkdirSync(folder);
    const { environment } = looking({
      KINDLING_STATE_FOLDER: join(folder, "state"),
      KINDLING_ADMIN_SOCKET: join(folder, "admin.sock"),
    });
    return { environment, host: "second" } as Starting;
  };
  beforeEach(() => site.lan.addHost("second", "10.77.0.2/24"));

  it("started at once: the one with the lower address gives addresses, the other boot answers", async () => {
    const daemons = [site.start(looking()), site.start(second())] as const;
    await Promise.all([becomes(daemons[0], "full"), becomes(daemons[1], "proxy")]);
    expect(await site.lease()).toMatchObject({ server: "10.77.0.1" });
    const gave = (daemon: Daemon) =>
      daemon.lines.some((line) => line["mode"] === "full" && line["from"] !== undefined);
    expect(daemons.map(gave)).toEqual([true, false]);
  });

  it("one after the other: the first one gives addresses, whatever its address", async () => {
    const first = await site.serve(second());
    await becomes(first, "full");
    const later = await site.serve(looking());
    await becomes(later, "proxy");
    expect(await site.lease()).toMatchObject({ server: "10.77.0.2" });
  });
});
