import { cpus, loadavg, release, totalmem } from "node:os";
import { execa } from "execa";

/** What the numbers of a run depend on. */
export type Facts = Readonly<Record<string, string>>;

/** Asks this machine and the programs that are compared. */
export async function factsOfMachine(): Promise<Facts> {
  return {
    time: new Date().toISOString(),
    processors: `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`,
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    linux: release(),
    "load before": loadavg()
      .map((load) => load.toFixed(2))
      .join(" "),
    node: process.version,
    dnsmasq: await firstLine("dnsmasq", "--version"),
    busybox: await firstLine("busybox", "--help"),
    qemu: await firstLine("qemu-system-x86_64", "--version"),
  };
}

/** The facts, one on each line. */
export function formatFacts(facts: Facts): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");
}

async function firstLine(program: string, word: string): Promise<string> {
  const { stdout } = await execa(program, [word]);
  return stdout.split("\n")[0] ?? "";
}
