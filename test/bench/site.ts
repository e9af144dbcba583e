import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, open, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { type Cables, openCables } from "../../src/lab/cables.ts";
import type { GuestFiles } from "../../src/lab/guest-files.ts";
import { labCatalog, labConfig, labNet, labPaths } from "../../src/lab/lab-config.ts";
import { onHost, openVirtualLan, type VirtualLan } from "../../src/lab/virtual-lan.ts";
import { endChild } from "../../src/lab/vm.ts";
import type { MacAddress } from "../../src/wire/mac.ts";
import { type Contender, machineName, peerPaths, pool, type Service } from "./contender.ts";

/** A LAN with a server's host, on which one contender at a time serves, and a client's host. */
export type Site = AsyncDisposable & {
  readonly folder: string;
  readonly lan: VirtualLan;
  readonly cables: Cables;
  /** Starts a contender and waits until all its services answered. */
  start(contender: Contender): Promise<Serving>;
};

/** A contender that runs. */
export type Serving = AsyncDisposable & {
  readonly pids: readonly number[];
  /** Milliseconds from the start of its programs to the first answer of each service. */
  readonly answeredMs: Readonly<Partial<Record<Service, number>>>;
};

export type SiteOptions = {
  readonly folder: string;
  readonly guest: GuestFiles;
  /** Machines that get a name from every contender. */
  readonly machines: readonly MacAddress[];
};

/** The client's host and its address, outside of the pool. */
export const client = { host: "cli", cidr: "10.77.0.2/24" } as const;

const startLimitMs = 30_000;
/** The daemon gives transfers ten seconds; killed, it would not write its code cache. */
const stopLimitMs = 15_000;

/** Makes the LAN and the folders of every contender. Only inside a sandbox. */
export async function openSite(options: SiteOptions): Promise<Site> {
  const { folder } = options;
  await writeDaemonFolder(options);
  await writePeerFolder(folder);
  await using opening = new AsyncDisposableStack();
  const lan = opening.use(await openVirtualLan());
  await lan.addHost(labNet.serverHost, labNet.serverCidr);
  await lan.addHost(client.host, client.cidr);
  const cables = opening.use(await openCables(lan));
  const closing = opening.move();
  return {
    folder,
    lan,
    cables,
    start: (contender) => startContender(contender, join(folder, "contender.log")),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** What the server answers to this path, as text. */
export async function fetchText(path: string): Promise<string> {
  const url = `http://${labNet.server}:${labNet.httpPort}${path}`;
  const [program = "", ...rest] = onHost(client.host, ["busybox", "wget", "-q", "-O", "-", url]);
  const { stdout } = await execa(program, rest, { stripFinalNewline: false });
  return stdout;
}

async function writeDaemonFolder({ folder, guest, machines }: SiteOptions): Promise<void> {
  const paths = labPaths(folder);
  const boot = join(paths.assets, "lab");
  await mkdir(boot, { recursive: true });
  await copyFile(guest.kernel, join(boot, "vmlinuz"));
  await copyFile(guest.initrd, join(boot, "initrd.gz"));
  for (const [path, text] of labCatalog([{ id: "default", end: "poweroff" }])) {
    await mkdir(dirname(join(paths.data, path)), { recursive: true });
    await writeFile(join(paths.data, path), text);
  }
  const reservations = machines.map((mac, index) => ({ mac, hostname: machineName(index) }));
  const config = labConfig(folder, { reservations });
  const dhcp = { ...config.dhcp, pools: [`${pool.first}-${pool.last}`] };
  // The log that a user has by default, not the lab's detailed one.
  await writeFile(paths.config, JSON.stringify({ ...config, dhcp, log: { format: "json" } }));
}

async function writePeerFolder(folder: string): Promise<void> {
  const { tftp, web } = peerPaths(folder);
  await mkdir(tftp);
  for (const loader of ["undionly.kpxe", "snponly.efi"]) {
    await copyFile(`/usr/lib/ipxe/${loader}`, join(tftp, loader));
  }
  await mkdir(web);
  await symlink(labPaths(folder).assets, join(web, "assets"));
  await writeFile(join(web, "healthz"), "ok\n");
  await writeFile(join(web, "report"), "ok\n"); // where the machine tells that it is up
}

/** Starts a contender on the server host of whatever LAN there is, and waits for its answers. */
export async function startContender(contender: Contender, logFile: string): Promise<Serving> {
  for (const folder of contender.fresh) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
  }
  await using opening = new AsyncDisposableStack();
  const probe = await openProbe(contender.services);
  opening.defer(() => endChild(probe.child, 1000));
  await using log = await open(logFile, "w");
  const env = { ...process.env, ...contender.environment };
  const start = performance.timeOrigin + performance.now();
  const children = contender.programs.map((argv) => {
    const [program = "", ...rest] = onHost(labNet.serverHost, argv);
    const child = spawn(program, rest, { stdio: ["ignore", log.fd, log.fd], env });
    opening.defer(() => endChild(child, stopLimitMs));
    return child;
  });
  const failed = children.map(async (child) => {
    await once(child, "exit");
    throw new Error(`${contender.name} ended: ${await readFile(logFile, "utf8")}`);
  });
  for (const failure of failed) failure.catch(() => {}); // an exit after the answers is our own doing
  const answers = await Promise.race([probe.answers, ...failed]);
  const answeredMs = Object.fromEntries(
    Object.entries(answers).map(([service, at]) => [service, at - start]),
  );
  const closing = opening.move();
  return {
    pids: children.flatMap(({ pid }) => pid ?? []),
    answeredMs,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

type Probe = {
  readonly child: ChildProcess;
  /** When each service answered first, in milliseconds since the epoch. */
  readonly answers: Promise<Readonly<Record<string, number>>>;
};

// It asks before there is anybody to answer, so that the first answer is not missed.
async function openProbe(services: readonly Service[]): Promise<Probe> {
  const program = join(import.meta.dirname, "ready-probe.ts");
  const [command = "", ...rest] = onHost(client.host, [process.execPath, program, ...services]);
  const child = spawn(command, rest, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  const late = setTimeout(() => child.kill("SIGKILL"), startLimitMs);
  const answers = lines.next().then(({ value }) => {
    clearTimeout(late);
    if (value === undefined) throw new Error(`no answer from all of ${services.join(", ")}`);
    return JSON.parse(value);
  });
  return { child, answers };
}
