import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { openHttpServer } from "../../src/http/server.ts";
import { Transfers } from "../../src/http/transfers.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { FileStore } from "../../src/store/file-store.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import type { Load, Loaded } from "./catalog-load.ts";
import type { Bench } from "./series.ts";

/** A route with so many groups; targets are what matchbox itself did on two processors. */
type CatalogContender = {
  readonly name: string;
  readonly path: string;
  readonly groups: number;
  readonly targets: Readonly<Record<string, number>>;
};

/** Groups → requests a second and p99 in ms that matchbox's `/ipxe` showed. */
const Reference = [
  { groups: 10, targets: { requests: 9_452, p99: 8 } },
  { groups: 1_000, targets: { requests: 115, p99: 204 } },
  { groups: 10_000, targets: { requests: 9, p99: 1_090 } },
] as const;

/** `/ipxe` and `/ignition` where each machine has a group of its own; server and load share this host. */
export function catalogBench(rounds: number, requests: number): Bench<CatalogContender> {
  const contenders = ["/ipxe", "/ignition"].flatMap((path) =>
    Reference.map(({ groups, targets }) => {
      return { name: `${path}, ${groups} groups`, path, groups, targets };
    }),
  );
  return {
    name: "catalog",
    what: `${requests} requests by 16 connections; targets are matchbox's figures of /ipxe`,
    metrics: [
      { name: "requests", unit: "1/s", wants: "more" },
      { name: "p99", unit: "ms" },
    ],
    contenders,
    rounds,
    measure: (contender) => measure(contender, requests),
  };
}

async function measure(
  { path, groups }: CatalogContender,
  requests: number,
): Promise<Readonly<Record<string, number>>> {
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
    transfers: new Transfers(),
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
  const load: Load = { port: server.ports[0] ?? 0, path, groups, requests };
  const worker = new Worker(new URL("catalog-load.ts", import.meta.url), { workerData: load });
  const loaded = await new Promise<Loaded>((resolve, reject) => {
    worker.once("message", resolve).once("error", reject);
  });
  rmSync(folder, { recursive: true });
  return loaded;
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
