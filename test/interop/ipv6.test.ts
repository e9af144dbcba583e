import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DaemonSite, openDaemonSite } from "../support/daemon-site.ts";

let site: DaemonSite;
beforeEach(async () => {
  site = await openDaemonSite();
  await site.run("server", ..."ip addr add fd77::1/64 dev eth0 nodad".split(" "));
});
afterEach(() => site[Symbol.asyncDispose]());

const stateful = { KINDLING_IPV6_DHCP: "stateful", KINDLING_LOG_LEVEL: "debug" };
const decided = (decision: string, reason: string) => (line: Readonly<Record<string, unknown>>) =>
  line["decision"] === decision && line["reason"] === reason;

/** Waits until the kernel's check for a double has let the client's own address go. */
async function settle(host = "client"): Promise<void> {
  const words =
    "until ip -6 addr show dev eth0 | grep -q 'fe80.*link' && ! ip -6 addr show dev eth0 | grep -q tentative; do sleep 0.1; done";
  await site.run(host, "sh", "-c", words);
}

describe("a client over IPv6", () => {
  it("dhclient -6 gets an address, keeps it and gives it back", async () => {
    const daemon = await site.serve({ environment: stateful });
    await settle();
    const files = [
      "-lf",
      `${site.folder}/leases6`,
      "-pf",
      `${site.folder}/pid6`,
      "-sf",
      "/bin/true",
    ];
    const ask = (...how: string[]) =>
      site.run("client", "dhclient", "-6", "-v", ...how, ...files, "eth0");
    const first = await ask("-1");
    const got = /IAADDR (fd77::[0-9a-f:]+)/i.exec(first.stderr)?.[1];
    expect(got).toBeDefined();
    await daemon.logged("dhcpv6 decision", decided("reply", "granted"));
    await ask("-x");
    const again = await ask("-1");
    expect(again.stderr).toContain(got);
    await ask("-r");
    await daemon.logged("dhcpv6 decision", decided("reply", "released"));
  });

  it("reads files and scripts by TFTP and HTTP", async () => {
    await site.serve();
    await settle();
    await site.run("client", ..."ip addr add fd77::2/64 dev eth0 nodad".split(" "));
    const get = (url: string) => site.run("client", "curl", "-gsS", "--max-time", "5", url);
    expect((await get("http://[fd77::1]:8080/boot.ipxe")).stdout).toContain("chain ipxe?");
    const loader = await get("tftp://[fd77::1]/undionly.kpxe");
    expect(loader.exitCode).toBe(0);
    expect(loader.stdout.length).toBeGreaterThan(10_000);
  });
});

describe("router advertisements", () => {
  it("answer a host that asks, and give it neither route nor address", async () => {
    const daemon = await site.serve({ environment: stateful });
    // The kernel solicits a router when its device comes up.
    await site.run("client", "sh", "-c", "ip link set eth0 down; ip link set eth0 up");
    await daemon.logged("router advertisement decision", decided("answer", "solicited"));
    // The word is taken when the neighbours of the prefix are known to be on the link.
    const taken = "until ip -6 route show fd77::/64 | grep fd77; do sleep 0.1; done";
    const onLink = await site.run("client", "timeout", "10", "sh", "-c", taken);
    expect(onLink.stdout).toContain("fd77::/64 dev eth0");
    const routes = await site.run("client", ..."ip -6 route show default".split(" "));
    expect(routes.stdout).toBe("");
    const global = await site.run("client", ..."ip -6 addr show dev eth0 scope global".split(" "));
    expect(global.stdout).toBe("");
  });

  it("leave the word to a real router", async () => {
    const daemon = await site.serve({ environment: { KINDLING_LOG_LEVEL: "debug" } });
    await site.lan.addHost("other", "10.77.0.2/24", "fd88::1/64");
    await settle("other");
    const router = [
      ...["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--log-facility=-"],
      ...["--user=root", "--group=", "--port=0", "--interface=eth0", "--bind-interfaces"],
      ...["--pid-file=", "--enable-ra", "--dhcp-range=fd88::,ra-only"],
      `--dhcp-leasefile=${site.folder}/foreign.leases`,
    ];
    await site.keep("other", router, /router advertisement/);
    await daemon.logged("router advertisement decision", decided("note", "router-heard"));
    await site.run("client", "sh", "-c", "ip link set eth0 down; ip link set eth0 up");
    await daemon.logged("router advertisement decision", decided("ignore", "router-present"));
    const taken = "until ip -6 route show default | grep via; do sleep 0.1; done";
    const routes = await site.run("client", "timeout", "15", "sh", "-c", taken);
    expect(routes.stdout).toContain("default via fe80");
  });

  it("are done without where raw sockets are not allowed", async () => {
    const words = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"];
    const daemon = await site.serve({ under: words });
    const line = await daemon.logged("no router advertisements");
    expect(line["error"]).toMatch(/CAP_NET_RAW/);
    expect(await site.lease()).toBeDefined();
  });
});
