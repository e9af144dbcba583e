import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { labNet, labPaths } from "../../src/lab/lab-config.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { openPeer } from "../../src/lab/peer-packages.ts";
import { onHost } from "../../src/lab/virtual-lan.ts";
import { type Contender, dnsmasq, kindling, peerPaths } from "./contender.ts";
import { type Bench, quantile } from "./series.ts";
import { client, type Site } from "./site.ts";

/** A file at the size limit of a loader: at 60 MB/s it takes a quarter of a second. */
const file = { name: "bench.efi", bytes: 16_000_000 } as const;

const url = `tftp://${labNet.server}/${file.name}`;
const curl = (blksize: number) => [
  "curl",
  "-sS",
  "-o",
  "/dev/null",
  "--tftp-blksize",
  `${blksize}`,
  url,
];

/** One after the other to each server. curl knows no windows, atftp does; both are C. */
const Loads = {
  "512 by 512": curl(512),
  "1468 by 1468": curl(1468),
  "windows of 16": [
    ...["atftp", "--option", "blksize 1468", "--option", "windowsize 16"],
    ...["--get", "-r", file.name, "-l", "/dev/null", labNet.server],
  ],
} as const;
type Load = keyof typeof Loads;
// proven: the keys of the table above
const loads = Object.keys(Loads) as readonly Load[];

/** What Kindling promises beside the others, in the same round. */
const Promises: readonly { load: Load; beside: "dnsmasq" | "tftpd-hpa"; least: number }[] = [
  { load: "512 by 512", beside: "dnsmasq", least: 1 },
  { load: "512 by 512", beside: "tftpd-hpa", least: 0.6 },
  { load: "1468 by 1468", beside: "dnsmasq", least: 1 },
  { load: "1468 by 1468", beside: "tftpd-hpa", least: 0.6 },
  { load: "windows of 16", beside: "dnsmasq", least: 1 },
  { load: "windows of 16", beside: "tftpd-hpa", least: 1.3 },
];

/** One client reads one file, block by block and in windows, from each server in turn. */
export async function tftpBench(site: Site, rounds: number): Promise<Bench<Contender>> {
  const { folder } = site;
  await writeFiles(folder);
  const own = kindling(folder);
  const peers = [dnsmasq(folder, []), await tftpdHpa(folder)];
  const round = new Map<string, Readonly<Record<string, number>>>();
  return {
    name: "tftp",
    what: `one client reads ${file.bytes / 1e6} MB, three times by each load after one to warm up`,
    metrics: [
      ...loads.map((name) => ({ name, unit: "MB/s", wants: "more" }) as const),
      ...Promises.map(({ load, beside, least }) => {
        return { name: `${load}, to ${beside}`, unit: "×", target: least, wants: "more" } as const;
      }),
    ],
    contenders: [...peers, own],
    rounds,
    async measure(contender) {
      await using _serving = await site.start(contender);
      const rates: Record<string, number> = {};
      for (const load of loads) {
        await fetchOnce(load); // the engine compiles the hot path, the peers' pages come in
        rates[load] = await medianRate(load);
      }
      round.set(contender.name, rates);
      if (contender !== own) return rates;
      const ratios = Promises.map(({ load, beside }) => {
        const theirs = round.get(beside)?.[load] ?? Number.NaN;
        return [`${load}, to ${beside}`, (rates[load] ?? Number.NaN) / theirs] as const;
      });
      return { ...rates, ...Object.fromEntries(ratios) };
    },
  };
}

async function medianRate(load: Load): Promise<number> {
  const rates = [await fetchOnce(load), await fetchOnce(load), await fetchOnce(load)];
  return quantile(rates, 0.5);
}

async function fetchOnce(load: Load): Promise<number> {
  const [command = "", ...rest] = onHost(client.host, Loads[load]);
  const start = performance.now();
  await execa(command, rest, { timeout: 120_000 });
  return file.bytes / 1e6 / ((performance.now() - start) / 1000);
}

async function writeFiles(folder: string): Promise<void> {
  const bytes = Buffer.alloc(file.bytes, "31 bytes that no block begins a");
  await writeFile(join(peerPaths(folder).tftp, file.name), bytes);
  const { config } = labPaths(folder);
  const loaders = { folders: [peerPaths(folder).tftp] };
  await writeFile(config, JSON.stringify({ ...(await readConfig(config)), loaders }));
}

async function readConfig(path: string): Promise<object> {
  return JSON.parse(await readFile(path, "utf8"));
}

async function tftpdHpa(folder: string): Promise<Contender> {
  const { program, env } = await openPeer(cacheFolder(process.env), "tftpd");
  const place = ["--secure", "--user", "root", "--address", `${labNet.server}:69`];
  return {
    name: "tftpd-hpa",
    programs: [[program, "--foreground", ...place, peerPaths(folder).tftp]],
    services: ["tftp"],
    environment: env,
    fresh: [],
  };
}
