/**
 * Latency and rate of `/ipxe` and `/ignition` with 10, 1,000 and 10,000 groups, one for each machine:
 * the medians of five rounds. The server runs in this process, the load in a worker: about one core each.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { openHttpServer } from "../../src/http/server.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { FileStore } from "../../src/store/file-store.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";

const sizes = [10, 1_000, 10_000];
const requests = Number(process.env["BENCH_REQUESTS"] ?? 10_000);
const rounds = 5;
const connections = 16;

type Load = { readonly port: number; readonly path: string; readonly groups: number };
type Result = { readonly perSecond: number; readonly p50: number; readonly p99: number };

if (isMainThread) await measureAll();
else parentPort?.postMessage(await load(workerData as Load)); // what `measure` passed

async function measureAll(): Promise<void> {
  for (const path of ["/ipxe", "/ignition"]) {
    const found = new Map<number, Result[]>(sizes.map((groups) => [groups, []]));
    // In turns, so that whatever else this host does falls on all sizes alike.
    for (let round = 0; round < rounds; round += 1) {
      for (const [groups, results] of found) results.push(await measure(groups, path));
    }
    for (const [groups, results] of found) {
      const median = (key: keyof Result) => {
        return results.map((result) => result[key]).sort((a, b) => a - b)[rounds >> 1];
      };
      const row = { perSecond: median("perSecond"), p50: median("p50"), p99: median("p99") };
      process.stdout.write(`${JSON.stringify({ path, groups, rounds, ...row })}\n`);
    }
  }
}

async function measure(groups: number, path: string): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "kindling-bench-"));
  fill(folder, groups);
  using catalog = new FileStore({ folder, clock: systemClock, log: silentLog });
  const failed = { kind: "failed", reason: "not measured" } as const;
  const deps = {
    addresses: [parseIpv4("127.0.0.1")],
    port: 0,
    catalog,
    extensions: true,
    texts: { templates: { render: () => failed }, butane: { translate: () => failed } },
    loaders: { find: async () => ({ kind: "missing" as const, reason: "none" }) },
    publish: () => {},
    machineAt: () => undefined,
    clock: systemClock,
    log: silentLog,
    metrics: { contentType: "", render: async () => "" },
    readiness: () => [],
    findings: () => [],
  };
  await using server = await openHttpServer(deps, new AbortController().signal);
  server.serve();
  const port = server.ports[0] ?? 0;
  const worker = new Worker(new URL(import.meta.url), { workerData: { port, path, groups } });
  const result = await new Promise<Result>((resolve, reject) => {
    worker.once("message", resolve).once("error", reject);
  });
  rmSync(folder, { recursive: true });
  return result;
}

function fill(folder: string, groups: number): void {
  for (const name of ["groups", "profiles", "ignition"]) mkdirSync(join(folder, name));
  const boot = { kernel: "/assets/k", initrd: ["/assets/i"], args: ["console=ttyS0"] };
  const profile = { id: "p", ignition_id: "p.ign", boot };
  writeFileSync(join(folder, "profiles/p.json"), JSON.stringify(profile));
  writeFileSync(join(folder, "ignition/p.ign"), '{"ignition":{"version":"3.4.0"}}');
  for (let machine = 0; machine < groups; machine += 1) {
    const group = { profile: "p", selector: { mac: macOf(machine) } };
    writeFileSync(join(folder, `groups/${machine}.json`), JSON.stringify(group));
  }
}

function macOf(machine: number): string {
  const hex = machine.toString(16).padStart(6, "0");
  return `52:54:00:${hex.match(/../g)?.join(":")}`;
}

async function load({ port, path, groups }: Load): Promise<Result> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const ask = (machine: number) =>
    new Promise<number>((resolve, reject) => {
      const started = performance.now();
      get({ port, agent, path: `${path}?mac=${macOf(machine % groups)}` }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`got ${response.statusCode}`));
        response.resume().once("end", () => resolve(performance.now() - started));
      }).once("error", reject);
    });
  const run = async (count: number) => {
    const times: number[] = [];
    let next = 0;
    const chain = async () => {
      while (next < count) times.push(await ask(next++));
    };
    await Promise.all(Array.from({ length: connections }, chain));
    return times;
  };
  await run(requests / 4); // until the code is compiled and the catalog read
  const started = performance.now();
  const times = (await run(requests)).sort((a, b) => a - b);
  const seconds = (performance.now() - started) / 1000;
  agent.destroy();
  const at = (share: number) => Number((times[Math.floor(times.length * share)] ?? 0).toFixed(2));
  return { perSecond: Math.round(times.length / seconds), p50: at(0.5), p99: at(0.99) };
}
