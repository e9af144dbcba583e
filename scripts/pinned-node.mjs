// Plain JavaScript for any Node from 20 on: finds the pinned Node 24 and runs a program with it.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { withCodeCache } from "./code-cache.mjs";

/** The Node that the lock file pins, or this one where it is new enough to run TypeScript. */
export function pinnedNode() {
  const folder = fileURLToPath(new URL("../node_modules", import.meta.url));
  const candidates = [`${folder}/node-linux-${process.arch}/bin/node`, `${folder}/.bin/node`];
  const found = candidates.find((path) => existsSync(path));
  if (found !== undefined) return found;
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  console.error("kindling: no Node 24 here; run npm ci in the project's folder first");
  process.exit(78);
}

/** Runs a program in place of this one: same terminal, signals passed on, its exit code is ours. */
export function handOver(program, args) {
  const env = withCodeCache(process.env);
  // Where Node can, this process becomes the other one; a waiting Node costs 48 MB.
  if (process.execve !== undefined) process.execve(program, [program, ...args], env);
  const child = spawn(program, args, { stdio: "inherit", env });
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(name, () => {
      // A terminal sends Ctrl-C to both already; a second one would mean "at once".
      if (!(name === "SIGINT" && process.stdin.isTTY)) child.kill(name);
    });
  }
  child.once("error", (error) => {
    console.error(`kindling: ${program} does not start: ${error.message}`);
    process.exit(1);
  });
  child.once("exit", (code, signal) => {
    process.exit(code ?? 128 + (constants.signals[signal] ?? 0));
  });
}
