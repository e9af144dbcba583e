import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect } from "vitest";
import { onHost } from "../../src/lab/virtual-lan.ts";
import type { Daemon } from "./daemon.ts";
import { type DaemonSite, openDaemonSite } from "./daemon-site.ts";

/**
 * V8 takes what memory it may before it collects: left alone, the daemon grew from 164 to 272 MB in
 * 600,000 datagrams with the same 45 MB in use. So its heap is held close to what it needs, which a
 * leak of 64 bytes a datagram would burst in the deep run.
 */
export const heapLimits = { NODE_OPTIONS: "--max-old-space-size=64 --max-semi-space-size=8" };

/**
 * What the resident memory may grow by after the warm-up. It grew by 5.5 MB in 480,000 datagrams,
 * most of it in the first half and for the transfers that wait 40 s for a client that is gone.
 */
export const growthMaxKib = 16 * 1024;

/** A quarter of the noise comes first: the rings and tables that are bounded fill up meanwhile. */
export const warmUpShare = 0.25;

/** The daemon stands the noise of `seed`, then serves everything as before, in as much memory. */
export async function standNoise(datagrams: number, seed: number): Promise<void> {
  // A near miss of a DISCOVER may be another machine's sound one: the range must not run out.
  await using site = await openDaemonSite(16);
  const args = ["--interface", "eth0", "--log-level", "warn"];
  const daemon = site.start({ args, environment: heapLimits });
  await expect.poll(() => site.lease(), { timeout: 20_000 }).toBeDefined();
  const noise = async (count: number, from: number) => {
    const script = join(import.meta.dirname, "noise-client.ts");
    const argv = onHost("client", [process.execPath, script, String(count), String(from)]);
    const [program = "", ...words] = argv;
    const { stdout } = await execa(program, words);
    expect(JSON.parse(stdout)).toMatchObject({ datagrams: count });
  };
  const first = Math.ceil(datagrams * warmUpShare);
  await noise(first, seed);
  const before = residentKib(daemon);
  await noise(datagrams - first, seed + 1);
  const growth = residentKib(daemon) - before;
  expect(growth, `seed ${seed}`).toBeLessThan(growthMaxKib);
  expect(new Set(await udpDrops(site)), "all of it was read").toEqual(new Set(["0"]));
  expect(await site.lease()).toMatchObject({ server: "10.77.0.1" });
  expect(await site.dig("provisioner.kindling.lan")).toBe("10.77.0.1");
  expect(await site.get("/healthz")).toBe("ok");
  // Requests of the noise that were never answered fill the share of their address until they are given up.
  const loader = readFileSync("/usr/lib/ipxe/snponly.efi").length;
  await expect.poll(() => loaderBytes(site), { timeout: 45_000, interval: 500 }).toBe(loader);
  const errors = daemon.lines.filter(({ level }) => level === "error");
  expect(errors, `seed ${seed}`).toEqual([]);
}

/** How many bytes of a loader curl gets by TFTP. */
export async function loaderBytes(site: DaemonSite): Promise<number> {
  const loader = ["curl", "-sS", "-m", "10", "-o", "/dev/null", "-w", "%{size_download}"];
  return Number((await site.run("client", ...loader, "tftp://10.77.0.1/snponly.efi")).stdout);
}

/** The resident memory of the daemon. */
export function residentKib({ pid }: Daemon): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]);
}

/** How many datagrams each UDP socket of the server lost for want of room. */
export async function udpDrops(site: DaemonSite): Promise<readonly string[]> {
  const { stdout } = await site.run("server", "cat", "/proc/net/udp");
  const rows = stdout.trim().split("\n").slice(1);
  return rows.map((row) => row.trim().split(/\s+/).at(-1) ?? "");
}
