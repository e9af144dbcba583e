import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { onHost } from "../../src/lab/virtual-lan.ts";
import { type Contender, dnsmasq, kindling, kindlingCold, kindlingCommand } from "./contender.ts";
import type { Bench } from "./series.ts";
import { client, type Site } from "./site.ts";

/** When a server that was just started is asked for its memory. */
const idleMs = 5000;

/** From the start of the program to the first answer of its last service. */
export function startUpBench(site: Site, rounds: number): Bench<Contender> {
  const { folder } = site;
  const contenders = [kindling, kindlingCold, kindlingCommand].map((make) => make(folder));
  return {
    name: "start-up",
    what: "program start to the first answer of every service",
    metrics: [{ name: "all answer", unit: "ms", target: 1000 }],
    contenders: [...contenders, dnsmasq(folder, [])],
    rounds,
    async measure(contender) {
      await using serving = await site.start(contender);
      return { "all answer": Math.max(...Object.values(serving.answeredMs)) };
    },
  };
}

/** Resident memory of a server that has answered once and then waited. */
export function memoryBench(site: Site, rounds: number): Bench<Contender> {
  const { folder } = site;
  const contenders = [kindling, kindlingCold, kindlingCommand].map((make) => make(folder));
  return {
    name: "memory",
    what: `VmRSS of all its processes, ${idleMs / 1000} s after the start`,
    metrics: [{ name: "idle", unit: "MB", target: 120 }],
    contenders: [...contenders, dnsmasq(folder, [])],
    rounds,
    async measure(contender) {
      await using serving = await site.start(contender);
      await sleep(idleMs);
      const kilobytes = await Promise.all(serving.pids.map(residentKilobytes));
      return { idle: kilobytes.reduce((sum, one) => sum + one, 0) / 1000 };
    },
  };
}

/** DISCOVER to OFFER at 200 a second, as a rack that lost its power would ask twenty times over. */
export function offersBench(site: Site, rounds: number, seconds: number): Bench<Contender> {
  const { folder } = site;
  const program = join(import.meta.dirname, "discover-load.ts");
  return {
    name: "offers",
    what: `DISCOVER to OFFER at 200 a second for ${seconds} s`,
    metrics: [
      { name: "p50", unit: "ms" },
      { name: "p99", unit: "ms", target: 5 },
      { name: "unanswered", unit: "packets", target: 0 },
    ],
    contenders: [kindling(folder), dnsmasq(folder, [])],
    rounds,
    async measure(contender) {
      await using _serving = await site.start(contender);
      const argv = [process.execPath, program, "200", String(seconds)];
      const [command = "", ...rest] = onHost(client.host, argv);
      const { stdout } = await execa(command, rest);
      return JSON.parse(stdout);
    },
  };
}

// The command `kindling` has the daemon as its child.
async function residentKilobytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  const own = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  const below = await Promise.all(
    children.split(" ").filter(Boolean).map(Number).map(residentKilobytes),
  );
  return below.reduce((sum, one) => sum + one, own);
}
