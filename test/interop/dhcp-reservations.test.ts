import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, type TestContext } from "vitest";
import { type ExportRow, formatExport } from "../../src/dhcp/reservation-export.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { openPeer, type PeerName } from "../../src/lab/peer-packages.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { parseUuid } from "../../src/wire/uuid.ts";
import { type DaemonSite, openDaemonSite } from "../support/daemon-site.ts";

let site: DaemonSite;
beforeEach(async () => {
  site = await openDaemonSite();
});
afterEach(() => site[Symbol.asyncDispose]());

const mac = "52:54:00:77:00:10"; // the client's card
const other = "52:54:00:77:00:11";

// Asked on the server, as the client has no address at first.
async function addressOf(label: string): Promise<string> {
  const words = ["+short", "+time=2", "+tries=1", "@10.77.0.1", `${label}.kindling.lan`];
  return (await site.run("server", "dig", ...words)).stdout;
}

/** What `kindling dhcp …` prints; fails the test where it fails. */
async function dhcp(...words: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await site.kindling("dhcp", ...words);
  expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining("kindling:")]);
  return stdout;
}

it("a machine reserved by the command gets its address and its name, across a restart", async () => {
  const daemon = await site.serve();
  await dhcp("reserve", mac, "10.77.0.9", "--hostname", "node1");
  expect(await addressOf("node1")).toBe("10.77.0.9");
  expect((await site.lease())?.ip).toBe("10.77.0.9");
  const [head, row] = (await dhcp("leases")).split("\n");
  expect(head).toMatch(/^ADDRESS +MAC +NAME +STATE/);
  expect(row).toMatch(/^10\.77\.0\.9 +52:54:00:77:00:10 +node1 +bound, reserved +in /);
  const kept = JSON.parse(await dhcp("export")).reservations;
  expect(kept).toEqual([{ mac, address: "10.77.0.9", hostname: "node1", source: "state" }]);
  daemon.signal("SIGKILL");
  await daemon.ended;
  const again = await site.serve();
  expect(await addressOf("node1")).toBe("10.77.0.9");
  expect((await site.lease())?.ip).toBe("10.77.0.9");
  await dhcp("unreserve", "node1");
  await dhcp("release", mac);
  expect(await addressOf("node1")).toBe("");
  expect(await site.admin("/v1/reservations")).toEqual({ reservations: [] });
  again.signal("SIGTERM");
  await again.ended;
});

it("another's address is refused with who has it and until when, and a name frees with its lease", async () => {
  await site.serve();
  const ip = (await site.lease())?.ip ?? "";
  const refused = await site.kindling("dhcp", "reserve", other, ip);
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toMatch(`${ip} is leased to ${mac}`);
  expect(refused.stderr).toMatch(/until 20\d\d-.*Z; wait, choose another, or say --force/);
  await dhcp("release", ip);
  expect(await dhcp("reserve", other, ip)).toContain(`${other}  ${ip}`);
  expect((await site.lease())?.ip).not.toBe(ip);
  expect((await site.kindling("dhcp", "release", "10.77.0.250")).exitCode).toBe(3);
});

it("an imported file is weighed by the daemon, row by row", async () => {
  await site.serve();
  await dhcp("reserve", other, "10.77.0.20");
  const file = join(site.folder, "dnsmasq.conf");
  writeFileSync(file, `dhcp-host=${mac},10.77.0.9,node1\ndhcp-host=52:54:00:77:00:12,10.77.0.20\n`);
  const words = ["dhcp", "import", file, "--write", "state"];
  const trial = await site.kindling(...words, "--dry-run");
  expect(trial.stdout).toMatch(/^1 +yes/m);
  expect(trial.stdout).toMatch(`10.77.0.20 is reserved for ${other}`);
  expect(await addressOf("node1")).toBe("");
  expect((await site.kindling(...words)).exitCode).toBe(10);
  expect(await addressOf("node1")).toBe("10.77.0.9");
});

const rows: readonly ExportRow[] = [
  { mac: parseMac(mac), address: parseIpv4("10.77.0.9"), hostname: "node1", source: "state" },
  { mac: parseMac(other), address: parseIpv4("10.77.0.10"), source: "state" },
  { mac: parseMac("52:54:00:77:00:12"), hostname: "node3", source: "config" },
  { uuid: parseUuid("4c4c4544-0051-3610-8052-b4c04f4a3132"), hostname: "node4", source: "config" },
];

type Judge = { readonly peer?: PeerName; readonly check: readonly string[] };

const Judges: Readonly<Record<"dnsmasq" | "isc" | "kea", Judge>> = {
  dnsmasq: { check: ["dnsmasq", "--test", "-C", "FILE"] },
  isc: { peer: "dhcpd", check: ["PROGRAM", "-t", "-cf", "FILE"] },
  kea: { peer: "kea", check: ["PROGRAM", "-t", "FILE"] },
};

async function openJudge(name: keyof typeof Judges, test: TestContext) {
  const { peer, check } = Judges[name];
  if (peer === undefined) return { check, env: {}, program: "" };
  const found = await openPeer(cacheFolder(process.env), peer).catch((error: unknown) =>
    test.skip(`${peer} cannot be had: ${error}`),
  );
  return { check, env: found.env, program: found.program };
}

it.for(["dnsmasq", "isc", "kea"] as const)(
  "%s accepts what is exported for it",
  async (name, test) => {
    const { check, env, program } = await openJudge(name, test);
    const file = join(site.folder, name);
    writeFileSync(file, formatExport(rows, name));
    const folders = { KEA_PIDFILE_DIR: site.folder, KEA_LOCKFILE_DIR: site.folder };
    const given = Object.entries({ ...env, ...folders }).map(([key, value]) => `${key}=${value}`);
    const words = check.map((word) => word.replace("FILE", file).replace("PROGRAM", program));
    const judged = await site.run("server", "env", ...given, ...words);
    expect(judged, judged.stderr).toMatchObject({ exitCode: 0 });
    writeFileSync(file, "host { this is wrong");
    expect((await site.run("server", "env", ...given, ...words)).exitCode).not.toBe(0);
  },
);
