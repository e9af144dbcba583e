/**
 * Everything a change must pass before review, quickest first: `npm run check`. Stops at the first
 * failure and shows what that step printed; a step that passes prints one line.
 */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";

/** `script` is one of package.json, so that a step and the command of that name cannot differ. */
type Step = {
  readonly name: string;
  readonly script: string;
  readonly extra?: readonly string[];
  readonly what: string;
};

const Steps: readonly Step[] = [
  { name: "types", script: "types", what: "the compiler agrees" },
  { name: "lint", script: "lint", what: "lint and format" },
  { name: "unused", script: "unused", what: "no unused file, export or dependency" },
  {
    name: "unit",
    script: "test:unit",
    extra: ["--exclude", "test/docs/**"],
    what: "unit tests and the architecture's rules",
  },
  {
    name: "docs",
    script: "test:unit",
    extra: ["test/docs/"],
    what: "links, commands, error codes and decisions",
  },
];

const root = resolve(import.meta.dirname, "..");

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

function run({ name, script, extra = [] }: Step): boolean {
  const start = performance.now();
  const result = spawnSync("npm", ["run", "--silent", script, "--", ...extra], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const passed = result.status === 0;
  console.log(`${passed ? "ok  " : "FAIL"}  ${name.padEnd(8)}${seconds.padStart(6)} s`);
  if (!passed) console.error(result.error?.message ?? result.stdout + result.stderr);
  return passed;
}
