import { quantile } from "../series.ts";
import { Stages } from "./machine.ts";
import type { Summary } from "./summary.ts";
import type { Usage } from "./usage.ts";

/** One storm on one contender. */
export type Storm = {
  readonly contender: string;
  readonly clients: number;
  /** What each machine fetches by HTTP. */
  readonly megabytes: number;
  readonly summary: Summary;
  /** Of the server's processes: processor time of the storm, and their most memory. */
  readonly server: Usage;
};

const Head = [
  ...["machines", "MB each", "contender", "last done, s", "failures"],
  ...Stages.map((stage) => `${stage} p50/p99, ms`),
  ...["server CPU, s", "server MB", "client CPU, s", "DHCP repeats", "why it failed"],
];

/** Medians over the rounds, a row for each number of machines and contender; failures are summed. */
export function formatStorms(storms: readonly Storm[]): string {
  const keys = new Set(storms.map(({ clients, contender }) => `${clients}\n${contender}`));
  const rows = [...keys].map((key) => {
    return rowOf(storms.filter(({ clients, contender }) => `${clients}\n${contender}` === key));
  });
  const table = [Head, Head.map(() => "---"), ...rows];
  return `${table.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`;
}

function rowOf(storms: readonly Storm[]): readonly string[] {
  const [first] = storms;
  const median = (pick: (storm: Storm) => number) => quantile(storms.map(pick), 0.5);
  return [
    ...[String(first?.clients), String(first?.megabytes), first?.contender ?? ""],
    (median(({ summary }) => summary.wallMs) / 1000).toFixed(2),
    String(storms.reduce((sum, { summary }) => sum + summary.failures, 0)),
    ...Stages.map((stage) => {
      const [p50, p99] = (["p50", "p99"] as const).map((at) =>
        median(({ summary }) => summary.stages[stage][at]),
      );
      return `${p50?.toFixed(0)} / ${p99?.toFixed(0)}`;
    }),
    (median(({ server }) => server.cpuMs) / 1000).toFixed(2),
    median(({ server }) => server.peakMb).toFixed(0),
    (median(({ summary }) => summary.cpuMs) / 1000).toFixed(2),
    String(storms.reduce((sum, { summary }) => sum + summary.repeats, 0)),
    [...new Set(storms.flatMap(({ summary }) => summary.reasons))].join("; "),
  ];
}
