import type { Cluster } from "./cluster.ts";
import { clusterPercent, type NodeState } from "./node-state.ts";

/** How a cluster's machines are, by their names. */
export type BoardRow = { readonly node: string; readonly role: string; readonly state: NodeState };

export function boardRows(
  { nodes }: Pick<Cluster, "nodes">,
  stateOf: (node: string) => NodeState,
): readonly BoardRow[] {
  return nodes.map(({ name, role }) => ({ node: name, role, state: stateOf(name) }));
}

/** One line a machine, and one for all; ages are counted from `now`. */
export function boardCells(rows: readonly BoardRow[], now: number): readonly (readonly string[])[] {
  const head = ["MACHINE", "ROLE", "STATE", "SEEN", "LAST"];
  return [head, ...rows.map(({ node, role, state }) => [node, role, ...stateCells(state, now)])];
}

/** Is there nothing more to wait for? `trouble` is the cluster's own, besides its machines'. */
export function boardVerdict(
  rows: readonly BoardRow[],
  trouble: string | undefined,
): "ready" | "failed" | "under-way" {
  if (rows.some(({ state }) => state.failed !== undefined)) return "failed";
  const isUp = rows.every(({ state }) => state.stage === "ready");
  return isUp && trouble === undefined ? "ready" : "under-way";
}

export function boardPercent(rows: readonly BoardRow[]): number {
  return clusterPercent(rows.map(({ state }) => state));
}

function stateCells(state: NodeState, now: number): readonly string[] {
  const { stage, percent, at, last = "-", failed } = state;
  const written = stage === "installing" && percent !== undefined ? ` ${percent} %` : "";
  const seen = at === undefined ? "never" : `${Math.max(0, Math.round((now - at) / 1000))} s ago`;
  const word = failed === undefined ? `${stage}${written}` : `${stage}${written}, failed`;
  return [word, seen, failed ?? last];
}
