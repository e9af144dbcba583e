import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { labNet, labPaths } from "../../src/lab/lab-config.ts";
import type { Peer } from "../../src/lab/peer-packages.ts";
import { onHost } from "../../src/lab/virtual-lan.ts";
import { type Contender, kindling, peerPaths } from "./contender.ts";
import type { Bench } from "./series.ts";
import { client, type Site } from "./site.ts";
import { usageOf } from "./storm/usage.ts";

/** The file that is fetched, and how often, to get past start-up and clock ticks. */
const fileBytes = 200_000_000;
const hotFetches = 10;
const coldFiles = 4;
const readers = 8;

/** Large files from memory and from disk, and eight readers at once. */
export async function httpBench(
  site: Site,
  nginx: Peer,
  rounds: number,
): Promise<Bench<Contender>> {
  await writeFiles(site.folder);
  return {
    name: "http",
    what: `${fileBytes / 1e6} MB files over a veth; each of the two with one processor for itself`,
    metrics: [
      { name: "hot", unit: "CPU s/GB" },
      { name: "hot, 1 reader", unit: "MB/s", wants: "more" },
      { name: `hot, ${readers} readers`, unit: "MB/s", wants: "more" },
      { name: "cold", unit: "CPU s/GB" },
    ],
    contenders: [pinned(kindling(site.folder)), pinned(nginxAlone(site.folder, nginx))],
    rounds,
    async measure(contender) {
      await using serving = await site.start(contender);
      const run = async (parallel: number, urls: readonly string[]) => {
        const before = await usageOf(serving.pids);
        const loaded = await load(parallel, urls);
        const cpu = ((await usageOf(serving.pids)).cpuMs - before.cpuMs) / 1000;
        return {
          rate: loaded.bytes / 1e6 / loaded.seconds,
          cpuPerGb: cpu / (loaded.bytes / 1e9),
          ...loaded,
        };
      };
      const big = "/assets/bench/big";
      await run(1, [big]); // read once: it is hot from here on
      const hot = await run(
        1,
        Array.from({ length: hotFetches }, () => big),
      );
      const crowd = await run(readers, [big, big]);
      await dropCaches(site.folder);
      const cold = await run(
        1,
        Array.from({ length: coldFiles }, (_, at) => `/assets/bench/cold${at}`),
      );
      return {
        hot: hot.cpuPerGb,
        "hot, 1 reader": hot.rate,
        [`hot, ${readers} readers`]: crowd.rate,
        cold: cold.cpuPerGb,
      };
    },
  };
}

type Loaded = { readonly seconds: number; readonly bytes: number };

async function load(parallel: number, paths: readonly string[]): Promise<Loaded> {
  const origin = `http://${labNet.server}:${labNet.httpPort}`;
  const program = join(import.meta.dirname, "http-load.ts");
  const argv = [process.execPath, program, String(parallel), ...paths.map((path) => origin + path)];
  const [command = "", ...rest] = onHost(client.host, ["taskset", "--cpu-list", "1", ...argv]);
  const { stdout } = await execa(command, rest, { stderr: "inherit" });
  return JSON.parse(stdout);
}

function pinned(contender: Contender): Contender {
  const programs = contender.programs.map((argv) => ["taskset", "--cpu-list", "0", ...argv]);
  return { ...contender, programs };
}

/** nginx with Debian's defaults, one worker as it has one processor. */
function nginxAlone(folder: string, nginx: Peer): Contender {
  return {
    name: "nginx",
    programs: [[nginx.program, "-p", folder, "-c", join(folder, "nginx-bench.conf")]],
    services: ["http"],
    environment: nginx.env,
    fresh: [],
  };
}

async function writeFiles(folder: string): Promise<void> {
  const bench = join(labPaths(folder).assets, "bench");
  await mkdir(bench);
  const block = Buffer.alloc(1_000_000, "kindling");
  for (const name of ["big", ...Array.from({ length: coldFiles }, (_, at) => `cold${at}`)]) {
    await using file = await open(join(bench, name), "w");
    for (let at = 0; at < fileBytes; at += block.length) await file.write(block);
  }
  await writeFile(join(folder, "nginx-bench.conf"), nginxConfig(folder));
}

function nginxConfig(folder: string): string {
  const bodies = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const paths = bodies.map((name) => `  ${name}_temp_path ${folder}/nginx-${name};`).join("\n");
  return `daemon off;
worker_processes 1;
user root;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx-error.log;
events { worker_connections 1024; }
http {
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000;
  access_log ${folder}/nginx-access.log;
${paths}
  server { listen ${labNet.server}:${labNet.httpPort}; root ${peerPaths(folder).web}; }
}
`;
}

// The cold files out of the page cache, where the kernel lets us; else both read them from there alike.
async function dropCaches(folder: string): Promise<void> {
  const bench = join(labPaths(folder).assets, "bench");
  for (let at = 0; at < coldFiles; at += 1) {
    const file = join(bench, `cold${at}`);
    await execa("dd", [`if=${file}`, "iflag=nocache", "count=0", "status=none"]);
  }
}
