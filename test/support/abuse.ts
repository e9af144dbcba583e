import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect } from "vitest";
import { onHost } from "../../src/lab/virtual-lan.ts";
import { type Daemon, startProgram } from "./daemon.ts";
import { type DaemonSite, openDaemonSite } from "./daemon-site.ts";
import { loaderBytes, residentKib, warmUpShare } from "./robust.ts";

/** What must not be read, wherever it lies. */
export const secret = "this is not served";

/**
 * A site with files to serve and secrets beside them, an IPv6 address, and a host `attacker`,
 * 10.77.0.50, that is also 10.88.0.9, an address of no subnet that is served.
 */
export async function openAbusedSite(): Promise<DaemonSite> {
  await using opening = new AsyncDisposableStack();
  const site = opening.use(await openDaemonSite(16));
  const ip = (host: string, words: string) => site.run(host, "ip", ...words.split(" "));
  await ip("server", "addr add fd77::1/64 dev eth0 nodad");
  await site.lan.addHost("attacker", "10.77.0.50/16");
  await ip("attacker", "addr add 10.88.0.9/32 dev eth0");
  await ip("server", "route add 10.88.0.0/24 dev eth0");
  writeFiles(site.folder);
  const records = [
    ...["a", "b", "c", "d"].map((text) => `{ name: large, type: TXT, value: ${text.repeat(240)} }`),
    ...Array.from({ length: 70 }, (_, at) => `{ name: wide, type: A, value: 10.77.1.${at} }`),
  ];
  const loaders = `loaders:\n  folders: [${site.folder}/loaders]\n`;
  // So few that made-up machines have them all within a second.
  const dhcp = "dhcp: { pools: [10.77.4.0-10.77.7.255] }\n";
  site.configure(
    `${dhcp}${loaders}ipv6: { dhcp: stateful }\ndns:\n  records:\n    - ${records.join("\n    - ")}\n`,
  );
  const opened = opening.move();
  return { ...site, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

export const abusedArgs = (site: DaemonSite) => [
  ...["--interface", "eth0", "--config", join(site.folder, "kindling.yaml")],
];

function writeFiles(folder: string): void {
  mkdirSync(join(folder, "data/assets/inside"), { recursive: true });
  mkdirSync(join(folder, "loaders"));
  writeFileSync(join(folder, "data/assets/plain.txt"), "plain");
  writeFileSync(join(folder, "loaders/own.efi"), "own");
  for (const place of ["secret.txt", "data/secret.txt", "loaders/.hidden"]) {
    writeFileSync(join(folder, place), secret);
  }
  symlinkSync("../secret.txt", join(folder, "loaders/link.efi"));
}

/** Runs a script of this folder on a host, as text of what it printed. */
export async function runClient(host: string, ...words: readonly string[]): Promise<string> {
  const [script = "", ...rest] = words;
  const [program = "", ...argv] = onHost(host, clientWords(script, rest));
  return (await execa(program, argv)).stdout;
}

/** Holds `count` connections that never finish; ends them when it is disposed of. */
export async function holdConnections(port: number, count: number, kind: string) {
  const words = clientWords("tcp-flood-client.ts", [String(port), String(count), kind]);
  const program = startProgram(onHost("attacker", words), /held/);
  await program.ready;
  return program;
}

function clientWords(script: string, rest: readonly string[]): readonly string[] {
  return [process.execPath, join(import.meta.dirname, script), ...rest];
}

export function descriptorsOf({ pid }: Daemon): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Every protocol gives its right answer to a real client. */
export async function expectService(site: DaemonSite): Promise<void> {
  expect(await site.lease()).toMatchObject({ server: "10.77.0.1" });
  expect(await site.dig("provisioner.kindling.lan")).toBe("10.77.0.1");
  expect(await site.get("/assets/plain.txt")).toBe("plain");
  const loader = readFileSync("/usr/lib/ipxe/snponly.efi").length;
  await expect.poll(() => loaderBytes(site), { timeout: 45_000, interval: 500 }).toBe(loader);
}

export type Amplification = {
  readonly name: string;
  readonly in: number;
  readonly out: number;
  readonly answers: number;
};

/**
 * Floods one port with noise and strangers, and serves everybody as before in as much memory. A
 * quarter comes first, for what is bounded to fill up.
 */
export async function standFlood(
  site: DaemonSite,
  daemon: Daemon,
  { port, datagrams, seed }: { port: number; datagrams: number; seed: number },
): Promise<{ readonly growthKib: number; readonly perSecond: number }> {
  const flood = async (count: number, from: number) => {
    const words = ["noise-client.ts", String(count), String(from), String(port)];
    expect(JSON.parse(await runClient("attacker", ...words))).toMatchObject({ datagrams: count });
  };
  const started = performance.now();
  const first = Math.ceil(datagrams * warmUpShare);
  await flood(first, seed);
  const before = residentKib(daemon);
  await flood(datagrams - first, seed + 1);
  const growthKib = residentKib(daemon) - before;
  const perSecond = Math.round((datagrams / (performance.now() - started)) * 1000);
  await expectService(site);
  return { growthKib, perSecond };
}

/** Bytes out for one byte in, at most, as docs/operations.md promises them. */
const Bounds: readonly (readonly [name: RegExp, factor: number])[] = [
  [/^TFTP RRQ$/, 24],
  [/^TFTP RRQ, /, 3],
  [/^TFTP RRQ x 100/, 8],
  [/^TFTP RRQ of/, 12],
  [/^DNS A$/, 2],
  [/^DNS ANY/, 5],
  [/^DNS TXT of 960 bytes, EDNS/, 30],
  [/^DNS A of 70 addresses, no EDNS/, 15],
  [/^DNS A of 70/, 30],
  [/^DNS TXT of 960 bytes, no EDNS/, 1],
  [/^DNS of another/, 1],
  [/^DNS TXT x 1000, local/, 30],
  [/^DNS TXT x 1000, stranger/, 1.5],
  [/^DHCP DISCOVER(?: for a relay elsewhere)?$/, 0],
  [/^(?:DHCP|PXE) /, 2],
];

/** Measures what a forged question makes us send, and holds it against the bounds. */
export async function measureAmplification(waitMs: number): Promise<readonly Amplification[]> {
  const rows: Amplification[] = JSON.parse(
    await runClient("attacker", "amplify-client.ts", String(waitMs)),
  );
  for (const row of rows) {
    const bound = Bounds.find(([name]) => name.test(row.name))?.[1] ?? 0;
    expect.soft(row.out / row.in, row.name).toBeLessThanOrEqual(bound);
  }
  return rows;
}

/** The same as a table that is read. */
export function showAmplification(rows: readonly Amplification[]): string {
  const cells = rows.map((row) => [row.name, row.in, row.out, (row.out / row.in).toFixed(2)]);
  return cells.map((row) => `| ${row.join(" | ")} |`).join("\n");
}
