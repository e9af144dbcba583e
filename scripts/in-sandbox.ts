/** Runs a command inside a lab sandbox: `node scripts/in-sandbox.ts COMMAND…`. */
import { spawnSync } from "node:child_process";
import { isInSandbox, sandboxCommand } from "../src/lab/sandbox.ts";

const argv = process.argv.slice(2);
if (argv.length === 0 || argv[0] === "--help") {
  console.log("usage: node scripts/in-sandbox.ts COMMAND [ARGUMENT…]");
  process.exit(argv.length === 0 ? 2 : 0);
}
const nested = isInSandbox(process.env);
const [program = "", ...rest] = nested ? argv : sandboxCommand(argv, process.getuid?.() ?? 0);
process.exit(spawnSync(program, rest, { stdio: "inherit" }).status ?? 1);
