// First step of every npm script on a machine with nothing but npm and Node 20 or newer:
// `node scripts/bootstrap.mjs TASK…` installs the npm packages where they are missing or outdated and
// hands over to scripts/setup.ts under the pinned Node 24.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { handOver, pinnedNode } from "./pinned-node.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const args = process.argv.slice(2);
if (args.length === 0 || args[0] === "--help") {
  console.log("usage: node scripts/bootstrap.mjs start|test|interop|qemu|deep|bench [ARGUMENT…]");
  process.exit(args.length === 0 ? 2 : 0);
}
if (isOutdated()) installPackages();
handOver(pinnedNode(), [`${root}scripts/setup.ts`, ...args]);

// By content, not by time: a fresh clone, a copy and a shared folder all have misleading dates.
// Packages for other machines are in the lock file and never installed; npm marks them optional.
function isOutdated() {
  const installed = `${root}node_modules/.package-lock.json`;
  if (!existsSync(installed)) return true;
  const wanted = packagesOf(`${root}package-lock.json`);
  const got = packagesOf(installed);
  return Object.entries(wanted).some(([path, { version, optional }]) => {
    const same = got[path]?.version === version;
    return path !== "" && !same && !(optional && got[path] === undefined);
  });
}

function packagesOf(lockFile) {
  return JSON.parse(readFileSync(lockFile, "utf8")).packages;
}

function installPackages() {
  console.log("installing npm packages (npm ci), once after each change of package-lock.json");
  const words = ["ci", "--loglevel=error", "--no-audit", "--no-fund"];
  const done = spawnSync("npm", words, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  if (done.status === 0) return;
  console.error(`npm ci failed:\n${done.stdout ?? ""}${done.stderr ?? done.error ?? ""}`);
  process.exit(1);
}
