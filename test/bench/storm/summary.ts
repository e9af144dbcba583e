import { quantile } from "../series.ts";
import { type Outcome, type Stage, Stages } from "./machine.ts";

/** What a storm was like, in milliseconds. */
export type Summary = {
  readonly machines: number;
  readonly failures: number;
  /** The first few of them, in words. */
  readonly reasons: readonly string[];
  /** From the start of the storm to the last machine's last byte. */
  readonly wallMs: number;
  readonly stages: Readonly<Record<Stage, { readonly p50: number; readonly p99: number }>>;
  readonly bytes: number;
  /** DHCP messages sent again. */
  readonly repeats: number;
  /** Processor time of the program that plays the machines. */
  readonly cpuMs: number;
  /** Distinct SHA-256 sums of what was read: one for the kernel and one for the RAM disk. */
  readonly digests: readonly string[];
};

/** How many reasons of failures are told. */
const reasonLimit = 5;

export function summarize(
  outcomes: readonly Outcome[],
  facts: Pick<Summary, "wallMs" | "repeats" | "cpuMs">,
): Summary {
  const failures = outcomes.flatMap(({ failure }) => failure ?? []);
  const stageOf = (stage: Stage) => {
    const samples = outcomes.flatMap(({ stages }) => stages[stage] ?? []);
    return { p50: quantile(samples, 0.5), p99: quantile(samples, 0.99) };
  };
  // proven: one entry for each of Stages
  const stages = Object.fromEntries(
    Stages.map((stage) => [stage, stageOf(stage)]),
  ) as Summary["stages"];
  return {
    machines: outcomes.length,
    failures: failures.length,
    reasons: [...new Set(failures)].slice(0, reasonLimit),
    stages,
    bytes: outcomes.reduce((sum, { bytes }) => sum + bytes, 0),
    digests: [...new Set(outcomes.flatMap(({ digests }) => digests))],
    ...facts,
  };
}
