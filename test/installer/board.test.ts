import { expect, it } from "vitest";
import { boardCells, boardPercent, boardRows, boardVerdict } from "../../src/installer/board.ts";
import type { NodeState } from "../../src/installer/node-state.ts";
import { clusterOf } from "../support/cluster.ts";

const cluster = clusterOf("ha");
const rowsOf = (states: readonly NodeState[]) => {
  const names = cluster.nodes.map(({ name }) => name);
  return boardRows(cluster, (node) => states[names.indexOf(node)] ?? { stage: "ready" });
};

it("shows one line a machine, with what it last said or why it stands", () => {
  const rows = rowsOf([
    { stage: "installing", percent: 40, at: 5_000, last: "writing: to /dev/vda" },
    { stage: "registered" },
    { stage: "live", at: 1_000, failed: "no disk" },
  ]);
  const cells = boardCells(rows, 6_400).map(([, , ...rest]) => rest);
  expect(cells.slice(0, 4)).toEqual([
    ["STATE", "SEEN", "LAST"],
    ["installing 40 %", "1 s ago", "writing: to /dev/vda"],
    ["registered", "never", "-"],
    ["live, failed", "5 s ago", "no disk"],
  ]);
});

it.each([
  { states: [], trouble: undefined, want: "ready" },
  { states: [], trouble: "not applied: a.json", want: "under-way" },
  { states: [{ stage: "joined" }], trouble: undefined, want: "under-way" },
  { states: [{ stage: "live", failed: "x" }], trouble: undefined, want: "failed" },
  { states: [{ stage: "ready", failed: "etcd is silent" }], trouble: undefined, want: "failed" },
] as const)("calls $states and $trouble $want", ({ states, trouble, want }) => {
  expect(boardVerdict(rowsOf(states), trouble)).toBe(want);
});

it("tells how far all are", () => {
  expect(boardPercent(rowsOf([]))).toBe(100);
});
