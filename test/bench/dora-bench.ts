import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import type { Peer } from "../../src/lab/peer-packages.ts";
import { onHost } from "../../src/lab/virtual-lan.ts";
import { endChild } from "../../src/lab/vm.ts";
import { parsePerfdhcp } from "./perfdhcp.ts";
import type { Bench } from "./series.ts";
import type { Site } from "./site.ts";

/** One server of addresses, told the same as the others. */
export type DoraServer = {
  readonly name: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
};

const net = { server: "10.78.0.1", client: "10.78.0.2", mask: "255.255.0.0" } as const;
const pool = { first: "10.78.4.1", last: "10.78.250.250" } as const;
/** Exchanges a second, tried one after the other until one loses packets. */
const rates = [100, 250, 500, 1000, 1500, 2000, 2500, 3000, 4000, 5000, 6000, 8000] as const;
const clients = 30_000;
const source = join(import.meta.dirname, "../..");

/**
 * DISCOVER, OFFER, REQUEST, ACK by perfdhcp, which plays a relay and new clients behind it: the highest rate
 * of the steps without a loss, the times at 500 a second, and the processor's time for one exchange.
 */
export async function doraBench(
  site: Site,
  kea: Peer,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<Bench<DoraServer>> {
  const folder = join(site.folder, "dora");
  await mkdir(folder);
  await site.lan.addHost("dora-srv", `${net.server}/16`);
  await site.lan.addHost("dora-cli", `${net.client}/16`);
  const contenders = [
    await kindlingServer(folder),
    dnsmasqServer(folder),
    await keaServer(folder, kea),
  ];
  return {
    name: "dora",
    what: `four messages for one lease, by perfdhcp, ${seconds} s for each rate`,
    metrics: [
      { name: "rate without loss", unit: "1/s", target: 1000, wants: "more" },
      { name: "p50 at 500/s", unit: "ms" },
      { name: "p99 at 500/s", unit: "ms", target: 20 },
      { name: "CPU at 500/s, of one exchange", unit: "ms" },
    ],
    contenders,
    rounds,
    measure: (server) => measure(server, { folder, kea, seconds }),
  };
}

type Rig = { readonly folder: string; readonly kea: Peer; readonly seconds: number };

async function measure(server: DoraServer, rig: Rig): Promise<Readonly<Record<string, number>>> {
  let best = 0;
  let times = { p50: Number.NaN, p99: Number.NaN };
  let cpu = Number.NaN;
  for (const rate of rates) {
    await using serving = await start(server, rig);
    const before = await processorMs(serving.pid);
    const run = await load(rate, rig);
    const spent = (await processorMs(serving.pid)) - before;
    if (rate === 500) times = run;
    if (rate === 500) cpu = spent / run.exchanges;
    if (run.lost > 0 || run.exchanges < 0.97 * rate * rig.seconds) break;
    best = rate;
  }
  return {
    "rate without loss": best,
    "p50 at 500/s": times.p50,
    "p99 at 500/s": times.p99,
    "CPU at 500/s, of one exchange": cpu,
  };
}

// One second first, whose exchanges are of other clients: the engine then has seen its hot path.
async function load(rate: number, { kea, seconds }: Rig) {
  const program = join(kea.root, "usr/sbin/perfdhcp");
  const words = (mac: string, period: number) => [
    ...["-4", "-l", net.client, "-r", String(rate), "-p", String(period), "-R", String(clients)],
    ...["-b", `mac=${mac}`, "-x", "t", "-W", "1000000", "-g", "single", net.server],
  ];
  const run = async (mac: string, period: number) => {
    const [command = "", ...rest] = onHost("dora-cli", [program, ...words(mac, period)]);
    const { stdout } = await execa(command, rest, { env: kea.env, reject: false });
    return parsePerfdhcp(stdout);
  };
  await run("0a:00:00:00:00:00", 1);
  return await run("0e:00:00:00:00:00", seconds);
}

async function start(
  server: DoraServer,
  { folder }: Rig,
): Promise<AsyncDisposable & { pid: number }> {
  await rm(join(folder, "state"), { recursive: true, force: true });
  await mkdir(join(folder, "state"));
  // To a file, as to a journal: nobody has a log for nothing.
  await using log = await open(join(folder, "server.log"), "w");
  const [program = "", ...rest] = onHost("dora-srv", server.argv);
  const env = { ...process.env, ...server.environment };
  const child = spawn(program, rest, { stdio: ["ignore", log.fd, log.fd], env });
  await sleep(1500); // each of them serves well before
  return { pid: await serverPid(child), [Symbol.asyncDispose]: () => endChild(child, 15_000) };
}

// `ip netns exec` and the like replace themselves; what holds port 67 is the child itself.
async function serverPid(child: ChildProcess): Promise<number> {
  if (child.exitCode !== null || child.pid === undefined) throw new Error("the server ended");
  return child.pid;
}

async function processorMs(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10; // of 100 ticks a second
}

async function kindlingServer(folder: string): Promise<DoraServer> {
  const config = join(folder, "kindling.json");
  const settings = {
    interfaces: ["eth0"],
    // Nobody else gives addresses here, so there is nothing to look for first.
    dhcp: { mode: "full", force: true, pools: [`${pool.first}-${pool.last}`] },
    state: { folder: join(folder, "state") },
    data: { folder: join(folder, "data") },
    admin: { socket: "" },
    log: { format: "json" },
  };
  await writeFile(config, JSON.stringify(settings));
  await mkdir(join(folder, "data"));
  return {
    name: "kindling",
    argv: [process.execPath, join(source, "src/main.ts"), "serve", "--config", config],
    environment: { NODE_COMPILE_CACHE: join(folder, "code") },
  };
}

function dnsmasqServer(folder: string): DoraServer {
  return {
    name: "dnsmasq",
    argv: [
      ...["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0"],
      ...["--user=root", "--group=", "--interface=eth0", "--bind-interfaces", "--no-ping"],
      ...[
        "--log-facility=-",
        "--log-dhcp",
        "--dhcp-authoritative",
        `--dhcp-lease-max=${2 * clients}`,
      ],
      `--dhcp-range=${pool.first},${pool.last},${net.mask},12h`,
      `--dhcp-leasefile=${folder}/state/leases`,
    ],
    environment: {},
  };
}

async function keaServer(folder: string, kea: Peer): Promise<DoraServer> {
  const config = join(folder, "kea.json");
  const settings = {
    Dhcp4: {
      "interfaces-config": { interfaces: ["eth0"], "dhcp-socket-type": "udp" },
      "lease-database": { type: "memfile", persist: true, name: join(folder, "state/kea.csv") },
      "valid-lifetime": 43_200,
      subnet4: [{ subnet: "10.78.0.0/16", pools: [{ pool: `${pool.first} - ${pool.last}` }] }],
      loggers: [{ name: "kea-dhcp4", severity: "INFO", output_options: [{ output: "stdout" }] }],
    },
  };
  await writeFile(config, JSON.stringify(settings));
  const lfc = join(kea.root, "usr/sbin/kea-lfc"); // it looks for it where it is not installed
  const places = {
    KEA_LFC_EXECUTABLE: lfc,
    KEA_PIDFILE_DIR: join(folder, "state"),
    KEA_LOCKFILE_DIR: join(folder, "state"),
  };
  return {
    name: "kea",
    argv: [kea.program, "-c", config],
    environment: { ...kea.env, ...places },
  };
}
