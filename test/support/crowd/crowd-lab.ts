/** A crowd beside a daemon's site while something happens to the link or the daemon, and the verdict. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { expect } from "vitest";
import { openCapture } from "../../../src/lab/inside.ts";
import { parsePcap } from "../../../src/lab/pcap.ts";
import { onHost } from "../../../src/lab/virtual-lan.ts";
import { type DaemonSite, openDaemonSite } from "../daemon-site.ts";
import { datagramsOf, dhcpOf, type SeenDhcp } from "../frames.ts";
import { seededRandom } from "../lossy-link.ts";
import { type LedgerLine, promisedTwice, sharedByMachines } from "./ledger.ts";

/** How long a row goes on. Short in interop; the deep run multiplies. */
export type Crowd = {
  readonly seed: number;
  readonly stations: number;
  readonly exchanges: number;
  /** The namespace that the machines are behind; `crowd` unless said otherwise. */
  readonly host?: string;
};

/** What goes on meanwhile; the crowd calms down when it resolves. `random` follows the seed. */
export type Chaos = (during: {
  readonly random: () => number;
  /** Settles when a machine got an address now. */
  readonly nextExchange: () => Promise<void>;
}) => Promise<void>;

export type Outcome = {
  readonly lines: readonly LedgerLine[];
  readonly messages: readonly SeenDhcp[];
  readonly exchanges: number;
};

/** Seconds after the chaos in which the last machine must have its address. */
const patience = 20;

/** A daemon's site with the host `crowd` beside it. */
export async function openCrowdSite(): Promise<DaemonSite> {
  const site = await openDaemonSite();
  await site.lan.addHost("crowd");
  return site;
}

const script = join(import.meta.dirname, "crowd.ts");

/**
 * Runs the crowd on its host of the site through the chaos. Fails when a machine is without an address
 * at the end, or an address was two machines' at one moment.
 */
export async function standChaos(site: DaemonSite, crowd: Crowd, chaos: Chaos): Promise<Outcome> {
  const { seed, stations, exchanges, host = "crowd" } = crowd;
  const file = join(site.folder, `crowd-${seed}.pcap`);
  const capture = await openCapture("v-server", file);
  const numbers = [stations, exchanges, seed, patience].map(String);
  const [program = "", ...words] = onHost(host, [process.execPath, script, ...numbers]);
  const child = execa(program, words, { buffer: false, stderr: "inherit", reject: false });
  const lines: LedgerLine[] = [];
  const waiting: (() => void)[] = [];
  let end: End | undefined;
  createInterface(child.stdout).on("line", (text) => {
    const line = JSON.parse(text);
    if ("served" in line) end = line;
    if (line.kind !== undefined) lines.push(line);
    if (line.kind === "bound") for (const wake of waiting.splice(0)) wake();
  });
  const nextExchange = () => new Promise<void>((resolve) => waiting.push(resolve));
  try {
    await Promise.race([chaos({ random: seededRandom(seed + 1), nextExchange }), ended(child)]);
    child.stdin.end();
    await child;
  } finally {
    child.kill("SIGKILL");
    await child;
    await capture[Symbol.asyncDispose]();
  }
  const messages = dhcpOf(datagramsOf(parsePcap(readFileSync(file))));
  keepEvidence(file, lines);
  const label = `CHAOS_SEED=${seed}`;
  expect(end, label).toMatchObject({ served: stations, without: [] });
  expect(end?.exchanges, label).toBeGreaterThanOrEqual(exchanges);
  expect(sharedByMachines(lines), label).toEqual([]);
  return { lines, messages, exchanges: end?.exchanges ?? 0 };
}

// Both books of each row's last run are kept in the ignored folder out/: chance seldom repeats itself.
function keepEvidence(capture: string, lines: readonly LedgerLine[]): void {
  const row = expect.getState().currentTestName?.split(" > ").at(-1) ?? "";
  const name = join(import.meta.dirname, "../../../out", `crowd-${row.replaceAll(/\W+/g, "-")}`);
  mkdirSync(dirname(name), { recursive: true });
  copyFileSync(capture, `${name}.pcap`);
  writeFileSync(`${name}.jsonl`, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

/** That, for one server that nobody contradicts: its machines have nothing to decline. */
export async function standAlone(site: DaemonSite, crowd: Crowd, chaos: Chaos): Promise<Outcome> {
  const outcome = await standChaos(site, crowd, chaos);
  const label = `CHAOS_SEED=${crowd.seed}`;
  expect(promisedTwice(outcome.messages), label).toEqual([]);
  expect(
    outcome.lines.filter(({ kind }) => kind === "declined"),
    label,
  ).toEqual([]);
  return outcome;
}

type End = {
  readonly served: number;
  readonly exchanges: number;
  readonly without: readonly string[];
};

async function ended(child: PromiseLike<{ readonly exitCode?: number | undefined }>) {
  const { exitCode } = await child;
  throw new Error(`the crowd ended by itself (${exitCode})`);
}
