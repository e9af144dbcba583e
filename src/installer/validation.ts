import type { Cluster } from "./cluster.ts";
import type { ClusterSurroundings } from "./surroundings.ts";

/** What a validation holds against a description. */
export type Offence = {
  /** Where in the description; empty for the whole. */
  readonly path: string;
  /** What it is in this case: names, addresses, figures. */
  readonly what: string;
};

/**
 * One thing that has to hold. `check` gives every offence, none where all is well, and "unknown" where
 * the surroundings do not tell what it takes.
 */
export type Validation = {
  readonly id: string;
  /** An error stops the cluster from being rendered. */
  readonly severity: "error" | "warning";
  readonly sentence: string;
  readonly cure: string;
  readonly check: (
    cluster: Cluster,
    surroundings: ClusterSurroundings,
  ) => readonly Offence[] | "unknown";
};

/** An offence with the row that found it. */
export type ClusterFinding = Omit<Validation, "check"> & Offence;

export type Judgement = {
  readonly findings: readonly ClusterFinding[];
  /** Rows that could not look. */
  readonly unknown: readonly string[];
};

/** All that the rows find, errors first. */
export function judge(
  rows: readonly Validation[],
  cluster: Cluster,
  surroundings: ClusterSurroundings,
): Judgement {
  const results = rows.map((row) => ({ row, found: row.check(cluster, surroundings) }));
  const findings = results.flatMap(({ row: { check: _, ...row }, found }) => {
    return found === "unknown" ? [] : found.map((offence) => ({ ...row, ...offence }));
  });
  const bySeverity = Object.groupBy(findings, ({ severity }) => severity);
  return {
    findings: [...(bySeverity.error ?? []), ...(bySeverity.warning ?? [])],
    unknown: results.filter(({ found }) => found === "unknown").map(({ row }) => row.id),
  };
}

/** An offence where a condition does not hold. */
export function offenceIf(isBad: boolean, path: string, what: string): readonly Offence[] {
  return isBad ? [{ path, what }] : [];
}
