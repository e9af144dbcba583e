/** Sets up what a task needs, saying each thing it does, then runs it: `node scripts/setup.ts TASK [ARGUMENT…]`. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { openGuestFiles } from "../src/lab/guest-files.ts";
import { openIgnitionFiles } from "../src/lab/ignition-files.ts";
import { findKubernetesServers } from "../src/lab/kubernetes-servers.ts";
import { openLiveImage } from "../src/lab/live/live-image.ts";
import {
  openArm64,
  openDebianInstaller,
  openSignedLoaders,
  openSuiteIpxe,
} from "../src/lab/machine-files.ts";
import { cacheFolder } from "../src/lab/package-cache.ts";
import { openPeer, type PeerName, peerNames } from "../src/lab/peer-packages.ts";
import { type DebianPackage, missingPackages, type Task } from "./debian-packages.ts";

const root = join(import.meta.dirname, "..");
const vitest = [process.execPath, join(root, "node_modules/vitest/vitest.mjs"), "run"];
const sandbox = [process.execPath, join(root, "scripts/in-sandbox.ts")];

type Command = readonly string[];
/** Commands that run side by side. */
type Step = readonly Command[];

/** Packets that each parser is given by the deep task. */
const deepPackets = 1_000_000;

/** The steps of each task, one after the other until one fails. */
const Tasks: Readonly<Record<Task, (rest: readonly string[]) => readonly Step[]>> = {
  start: (rest) => [[[process.execPath, join(root, "src/main.ts"), "lab", ...rest]]],
  test: (rest) => [
    [[...vitest, "--project", "unit", ...rest]],
    interop(rest),
    [[...sandbox, ...vitest, "--project", "qemu", ...rest]],
  ],
  interop: (rest) => [interop(rest)],
  // What one project has no test of, the other may have.
  qemu: (rest) =>
    ["qemu", "qemu-matrix"].map((project) => [
      [
        ...[...sandbox, ...vitest, "--project", project],
        ...(rest.length > 0 ? ["--passWithNoTests", ...rest] : []),
      ],
    ]),
  deep: (rest) => [
    [[...vitest, "--project", "unit", "--testTimeout", "3600000", ...fuzzFiles(), ...rest]],
    [[...sandbox, ...vitest, "--project", "deep", ...rest]],
  ],
  storm: (rest) => [script("test/bench/storm/run.ts", rest)],
  bench: (rest) => [script("test/bench/run.ts", rest)],
};

// These mostly wait for leases to end and for clients to ask again: every second file runs beside the others,
// in a sandbox of its own, so that they share nothing but the processor.
function interop(rest: readonly string[]): Step {
  const command = [...sandbox, ...vitest, "--project", "interop"];
  if (rest.length > 0) return [[...command, ...rest]];
  const files = globSync("test/interop/*.test.ts", { cwd: root }).toSorted();
  return [0, 1].map((half) => [...command, ...files.filter((_, at) => at % 2 === half)]);
}

function script(file: string, rest: readonly string[]): Step {
  return [[...sandbox, process.execPath, join(root, file), ...rest]];
}

/** Mirrors drop old versions of packages: lists of last month name files that are gone. */
const listsDays = 7;

const [name = "", ...rest] = process.argv.slice(2);
if (!isTask(name)) {
  console.log(`usage: node scripts/setup.ts ${Object.keys(Tasks).join("|")} [ARGUMENT…]`);
  process.exit(name === "--help" ? 0 : 2);
}
const captures = rest.some((word) => word.startsWith("--pcap"));
const missing = missingPackages(captures ? [name, "capture"] : [name], existsSync);
if (missing.length > 0) installPackages(missing);
// The sandbox has no way out: what must be downloaded is fetched before it is entered.
const cache = cacheFolder(process.env);
if (name === "test" || name === "qemu" || name === "bench" || name === "deep") {
  await openGuestFiles(cache, console.log).catch(fail);
}
if (name === "qemu") {
  await openIgnitionFiles(cache, console.log).catch(fail);
  await openSignedLoaders(cache, console.log).catch(fail);
  for (const suite of ["trixie", "sid"] as const) {
    await openSuiteIpxe(cache, suite, console.log).catch(fail);
  }
  await openArm64(cache, console.log).catch(fail);
  await openDebianInstaller(cache, console.log).catch(fail);
  await openLiveImage(cache, console.log).catch(fail);
}
// Its servers take ten minutes to build: scripts/kubernetes-servers.ts, by hand.
const hasKubernetes = name === "deep" && (await findKubernetesServers(cache)) !== undefined;
if (hasKubernetes) await openLiveImage(cache, console.log, "kubernetes").catch(fail);
const kubernetesPeers: readonly PeerName[] = ["busybox", "cni", "etcd", "kubectl"];
const usualPeers = peerNames.filter((peer) => peer === "etcd" || !kubernetesPeers.includes(peer));
const beside: Partial<Record<Task, readonly PeerName[]>> = {
  ...{ test: usualPeers, interop: usualPeers, bench: usualPeers, storm: usualPeers },
  ...(hasKubernetes && { deep: kubernetesPeers }),
  qemu: ["kea", "dhcrelay", "etcd"],
};
for (const peer of beside[name] ?? []) await openPeer(cache, peer, console.log).catch(fail);
if (name === "deep") process.env["FUZZ_PACKETS"] ??= String(deepPackets);
for (const step of Tasks[name](rest)) {
  const codes = await Promise.all(step.map(runCommand));
  const code = codes.find((one) => one !== 0);
  if (code !== undefined) process.exit(code);
}

// Ctrl-C reaches the command by the terminal; what was sent to this process alone is passed on.
async function runCommand([program = "", ...words]: Command): Promise<number> {
  const child = spawn(program, words, { stdio: "inherit", cwd: root });
  const pass = (signal: NodeJS.Signals): void => {
    if (!(signal === "SIGINT" && process.stdin.isTTY)) child.kill(signal);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, pass);
  const [code] = await once(child, "exit");
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, pass);
  return typeof code === "number" ? code : 1;
}

function fuzzFiles(): readonly string[] {
  return globSync("test/*/fuzz.test.ts", { cwd: root });
}

function isTask(text: string): text is Task {
  return Object.hasOwn(Tasks, text);
}

function installPackages(packages: readonly DebianPackage[]): void {
  const names = packages.map((one) => one.name);
  for (const one of packages) console.log(`missing: ${one.name} (${one.purpose})`);
  const words = ["install", "-y", "--no-install-recommends", ...names];
  if (!existsSync("/usr/bin/apt-get")) {
    fail(new Error(`this is no Debian: install the programs of ${names.join(", ")} by hand`));
  }
  if (process.getuid?.() !== 0) {
    console.error(`run this once as root, then again what you ran:\n  apt-get ${words.join(" ")}`);
    process.exit(77);
  }
  const isFresh = hasLists();
  if (!isFresh) updateLists();
  console.log(`installing ${names.length} Debian packages (apt-get install), a minute or two`);
  if (isFresh && apt(words).status === 0) return;
  // A mirror may have dropped what the lists of this week name.
  if (isFresh) updateLists();
  run(words);
}

function updateLists(): void {
  console.log("fetching Debian's package lists (apt-get update)");
  run(["update", "-q"]);
}

function hasLists(): boolean {
  const folder = "/var/lib/apt/lists";
  if (!existsSync(folder) || !readdirSync(folder).some((file) => file.includes("_Packages"))) {
    return false;
  }
  return Date.now() - statSync(folder).mtimeMs < listsDays * 86_400_000;
}

// Quiet unless it fails: then everything apt said is shown.
function run(words: readonly string[]): void {
  const done = apt(words);
  if (done.status !== 0)
    fail(new Error(`apt-get ${words[0]} failed:\n${done.stdout}${done.stderr}`));
}

function apt(words: readonly string[]) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return spawnSync("apt-get", words, { encoding: "utf8", env });
}

function fail(error: unknown): never {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
