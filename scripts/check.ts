/**
 * Everything a change must pass before review, quickest first: `npm run check`. Stops at the first
 * failure and shows what that step printed; a step that passes prints one line.
 */
import { spawnSync } from "node:child_process";
import { delimiter, dirname, join, resolve } from "node:path";

type Step = { readonly name: string; readonly argv: readonly string[]; readonly what: string };

const Steps: readonly Step[] = [
  { name: "types", argv: ["tsc", "--noEmit"], what: "the compiler agrees" },
  { name: "lint", argv: ["biome", "check", "--error-on-warnings", "."], what: "lint and format" },
  { name: "unused", argv: ["knip"], what: "no unused file, export or dependency" },
  {
    name: "unit",
    argv: ["vitest", "run", "--project", "unit", "--exclude", "test/docs/**"],
    what: "unit tests and the architecture's rules",
  },
  {
    name: "docs",
    argv: ["vitest", "run", "--project", "unit", "test/docs/"],
    what: "links, commands, error codes and decisions",
  },
];

const root = resolve(import.meta.dirname, "..");
// The tools' own first lines ask for "node" by PATH: the one that runs this file must be found first.
const path = [dirname(process.execPath), join(root, "node_modules/.bin"), process.env["PATH"]].join(
  delimiter,
);

process.exitCode = main(process.argv.slice(2));

function main(names: readonly string[]): number {
  if (names.includes("--help")) {
    console.log(usage());
    return 0;
  }
  const unknown = names.find((name) => !Steps.some((step) => step.name === name));
  if (unknown !== undefined) {
    console.error(`there is no step "${unknown}"\n${usage()}`);
    return 2;
  }
  return Steps.filter(({ name }) => names.length === 0 || names.includes(name)).every(run) ? 0 : 1;
}

function usage(): string {
  const rows = Steps.map(({ name, what }) => `  ${name.padEnd(8)}${what}`);
  return ["usage: node scripts/check.ts [STEP…]", "", "Steps, in order:", ...rows].join("\n");
}

function run({ name, argv: [program = "", ...rest] }: Step): boolean {
  const start = performance.now();
  const result = spawnSync(program, rest, {
    cwd: root,
    env: { ...process.env, PATH: path },
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const passed = result.status === 0;
  console.log(`${passed ? "ok  " : "FAIL"}  ${name.padEnd(8)}${seconds.padStart(6)} s`);
  if (!passed) console.error(result.error?.message ?? result.stdout + result.stderr);
  return passed;
}
