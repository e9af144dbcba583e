import { appendFileSync, writeFileSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { labNet, labPaths } from "../../src/lab/lab-config.ts";
import { formatLiveRecipe } from "../../src/lab/live/image-recipe.ts";
import { openLiveImage } from "../../src/lab/live/live-image.ts";
import type { LiveVariant } from "../../src/lab/live/live-recipe.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { onHost } from "../../src/lab/virtual-lan.ts";
import type { Vm } from "../../src/lab/vm.ts";
import type { MacAddress } from "../../src/wire/mac.ts";
import { type Outcome, runProgram } from "./daemon.ts";
import { openTestRoom, type TestRoom } from "./lab.ts";

const main = join(import.meta.dirname, "../../src/main.ts");
const out = join(import.meta.dirname, "../../out");

export type ClusterMachine = {
  readonly name: string;
  readonly mac: MacAddress;
  readonly address: string;
  readonly firmware: "bios" | "uefi";
  /** As much as the live image wants, unless it runs more. */
  readonly memoryMb?: number;
  readonly cpus?: number;
};

/** What `status -o json` says of a cluster. */
export type ClusterStatus = {
  readonly verdict: "ready" | "failed" | "under-way";
  readonly percent: number;
  readonly machines: readonly { readonly node: string; readonly stage: string }[];
};

/** What a test says of a cluster: keys of `cluster.yaml` besides its names and its system. */
export type ClusterParts = {
  readonly controllers: readonly ClusterMachine[];
  readonly workers?: readonly ClusterMachine[];
  readonly etcd?: object;
  readonly kubernetes?: object;
};

/** What the machines of a room become, and the size of their disks. */
export type ClusterRoomOptions = { readonly image?: LiveVariant; readonly diskMb?: number };

/** A room with the live image in its library, and a description on the server's disk. */
export type ClusterRoom = AsyncDisposable & {
  readonly test: TestRoom;
  /** Runs `kindling` with these words and the room's settings, where the daemon is. */
  kindling(...words: readonly string[]): Promise<Outcome>;
  /** Runs any program there. */
  run(...argv: readonly string[]): Promise<Outcome>;
  /** The same, with the daemon as its name server. */
  runByNames(...argv: readonly string[]): Promise<Outcome>;
  /** Applies a cluster of these machines, which become the room's image. */
  apply(name: string, parts: ClusterParts, ...words: readonly string[]): Promise<Outcome>;
  status(name: string): Promise<ClusterStatus>;
  /** Switches a machine on, as its firmware comes: the network first, then its disk. */
  powerOn(boot: string, machine: ClusterMachine): Promise<Vm>;
  /** Pulls the plug of that boot. */
  powerOff(boot: string): Promise<void>;
  /** Keeps a line for out/<name>.stages.log, with the seconds since the room was opened. */
  note(what: string): void;
};

export const clusterDomain = "dc1.example.com";

export async function openClusterRoom(
  name: string,
  { image = "plain", diskMb = 2048 }: ClusterRoomOptions = {},
): Promise<ClusterRoom> {
  await using opening = new AsyncDisposableStack();
  const test = opening.use(await openTestRoom(name, { profiles: [], diskMb }));
  const { folder } = test.room;
  const { config, data } = labPaths(folder);
  const run = (...argv: readonly string[]) => runProgram(onHost(labNet.serverHost, argv));
  const kindling: ClusterRoom["kindling"] = (...words) =>
    run(process.execPath, main, ...words, "--config", config);
  const system = await bringImage(image, { data, kindling });
  const resolver = join(folder, "resolv.conf");
  await writeFile(resolver, `nameserver ${labNet.server}\n`);
  const vms = new Map<string, Vm>();
  const start = performance.now();
  const stages = join(out, `${name}.stages.log`);
  writeFileSync(stages, "");
  opening.defer(async () => {
    await mkdir(out, { recursive: true });
    for (const [boot, { lines }] of vms) {
      const text = lines.map(({ ms, text }) => `${String(ms).padStart(7)} ${text}\n`).join("");
      await writeFile(join(out, `${name}.${boot}.log`), text);
    }
    await rm(join(out, `${name}.pcap`), { force: true }); // the images are in it, once for each machine
    await writeFile(join(out, `${name}.daemon.log`), await readFile(labPaths(folder).log));
  });
  const closing = opening.move();
  return {
    ...{ test, kindling, run },
    async runByNames(...argv) {
      const script = `mount --bind ${resolver} /etc/resolv.conf && exec "$@"`;
      return await run("unshare", "--mount", "sh", "-c", script, "sh", ...argv);
    },
    async apply(cluster, parts, ...words) {
      const file = join(folder, `${cluster}.yaml`);
      const own = { name: cluster, domain: clusterDomain, operatingSystem: system };
      const { controllers, workers = [], ...rest } = parts;
      const rows = { controllers: controllers.map(rowOf), workers: workers.map(rowOf) };
      await writeFile(file, JSON.stringify({ ...own, ...rows, ...rest }));
      return await kindling("cluster", "apply", file, ...words);
    },
    async status(cluster) {
      const { stdout, stderr } = await kindling("cluster", "status", cluster, "-o", "json");
      if (stdout === "") throw new Error(stderr);
      return JSON.parse(stdout);
    },
    async powerOn(boot, { mac, firmware, memoryMb = 1024, cpus = 1 }) {
      const how = { memoryMb, cpus, withoutPxe: ["IPv6"] } as const;
      const vm = await test.powerOn(boot, mac, firmware, how);
      vms.set(boot, vm);
      return vm;
    },
    async powerOff(boot) {
      await vms.get(boot)?.[Symbol.asyncDispose]();
    },
    note(what) {
      const seconds = Math.round((performance.now() - start) / 1000);
      appendFileSync(stages, `${seconds} s  ${what}\n`);
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

function rowOf({ name, mac, address }: ClusterMachine) {
  return { name, mac, address };
}

/** As docs/live-image.md tells an operator to: the recipe, then the files. */
async function bringImage(
  variant: LiveVariant,
  to: {
    readonly data: string;
    readonly kindling: ClusterRoom["kindling"];
  },
): Promise<{ readonly name: string; readonly version: string }> {
  const { folder, manifest } = await openLiveImage(cacheFolder(process.env), () => {}, variant);
  const recipe = formatLiveRecipe(manifest, "http://mirror.example/live");
  const { name } = manifest;
  const { version } = JSON.parse(recipe) as { version: string };
  const recipes = join(to.data, "images/recipes");
  await mkdir(recipes, { recursive: true });
  await writeFile(join(recipes, `${name}.yaml`), recipe);
  const files = Object.entries(manifest.files);
  const done = await to.kindling(
    ...["image", "import", ...files.map(([file]) => join(folder, file))],
    ...["--as", `${name}@${version}`, "--arch", "x86_64"],
    ...files.flatMap(([, { sha256 }]) => ["--sha256", sha256]),
  );
  if (done.exitCode !== 0) throw new Error(`image import: ${done.stderr}`);
  return { name, version };
}
