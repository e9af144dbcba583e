import { setTimeout as wait } from "node:timers/promises";
import type { BootEvent } from "../boot/event.ts";
import { parseEvent } from "../boot/event-json.ts";
import type { Install } from "../boot/install.ts";
import {
  type BoardRow,
  boardCells,
  boardPercent,
  boardRows,
  boardVerdict,
} from "../installer/board.ts";
import { type Cluster, type ClusterNode, hasOwnEtcd } from "../installer/cluster.ts";
import { type EtcdAccess, probeEtcd } from "../installer/etcd-client.ts";
import { followNode, type NodeState, nodeStateOf, probeNode } from "../installer/node-state.ts";
import { systemClock } from "../runtime/clock.ts";
import {
  type ClusterHouse,
  type HouseFlags,
  loadApplied,
  openClusterHouse,
} from "./cluster-house.ts";
import { formatColumns } from "./columns.ts";
import type { CliContext } from "./context.ts";

export type StatusFlags = HouseFlags & {
  readonly watch: boolean;
  readonly output: "table" | "json";
};

/** How often a board is drawn anew while it is watched. */
const watchMs = 2_000;

/**
 * `kindling cluster status`: one line a machine. Exit code 0: all is ready, or all could be told; with
 * `--watch` it ends when all is ready (0) or is stopped.
 */
export async function runStatus(
  name: string,
  flags: StatusFlags,
  context: CliContext,
): Promise<number> {
  const house = await openClusterHouse(flags, context);
  const { cluster, kept } = await loadApplied(house, name);
  const access = { secrets: kept.record.secrets, signal: context.signal };
  let latched: ReadonlyMap<string, NodeState> = new Map();
  for (let height = 0; ; ) {
    const rows = await survey({ house, cluster, access, latched });
    latched = new Map(rows.map(({ node, state }) => [node, state]));
    height = draw(rows, { name, flags, context, height });
    if (!flags.watch || boardVerdict(rows) === "ready") return 0;
    await wait(watchMs, undefined, { signal: context.signal });
  }
}

async function survey(what: {
  readonly house: ClusterHouse;
  readonly cluster: Cluster;
  readonly access: EtcdAccess;
  readonly latched: ReadonlyMap<string, NodeState>;
}): Promise<readonly BoardRow[]> {
  const { house, cluster, access, latched } = what;
  const known = await readKnown(house, cluster.name);
  const states = await Promise.all(
    cluster.nodes.map(async (node) => {
      const before = latched.get(node.name);
      const state = before?.stage === "ready" ? before : stateOf(node, known);
      return [node.name, await probe(node, state, { cluster, access })] as const;
    }),
  );
  const byName = new Map(states);
  return boardRows(cluster, (node) => byName.get(node) ?? { stage: "registered" });
}

type Known = {
  readonly events: readonly BootEvent[];
  readonly installs: ReadonlyMap<string, Install>;
  readonly joined: ReadonlyMap<string, number>;
};

async function readKnown({ ask }: ClusterHouse, cluster: string): Promise<Known> {
  // proven: the daemon's own answers, docs/http-api.md
  const { installs } = (await ask({ path: "/v1/installs" })) as {
    readonly installs: readonly (Install & { readonly mac: string })[];
  };
  const { tickets } = (await ask({ path: "/v1/join" })) as {
    readonly tickets: readonly { cluster: string; node: string; usedAt?: number }[];
  };
  const { events } = (await ask({ path: "/v1/boots" })) as { readonly events: string[] };
  const used = tickets.flatMap(({ node, usedAt, ...row }) => {
    return row.cluster === cluster && usedAt !== undefined ? [[node, usedAt] as const] : [];
  });
  return {
    events: events.map(parseEvent),
    installs: new Map(installs.map(({ mac, ...install }) => [mac, install])),
    joined: new Map(used),
  };
}

// What is kept on disk comes first; of the events only those that came after it say more.
function stateOf({ name, macs }: ClusterNode, { events, installs, joined }: Known): NodeState {
  const install = macs.map((mac) => installs.get(mac)).find((one) => one !== undefined);
  const kept = nodeStateOf({ install, joinedAt: joined.get(name) });
  const own = events.filter(({ mac, at }) => {
    return mac !== undefined && macs.includes(mac) && at >= (kept.at ?? 0);
  });
  return own.reduce(followNode, kept);
}

async function probe(
  node: ClusterNode,
  state: NodeState,
  { cluster, access }: { readonly cluster: Cluster; readonly access: EtcdAccess },
): Promise<NodeState> {
  const isMember = node.role === "controller" && hasOwnEtcd(cluster);
  if (!isMember || (state.stage !== "joined" && state.stage !== "ready")) {
    const isDone = !isMember && state.stage === "joined" && cluster.kubernetes === undefined;
    return isDone ? probeNode(state, systemClock.now(), undefined) : state;
  }
  return probeNode(state, systemClock.now(), await probeEtcd(node, access));
}

function draw(
  rows: readonly BoardRow[],
  how: { name: string; flags: StatusFlags; context: CliContext; height: number },
): number {
  const { name, flags, context, height } = how;
  const [percent, verdict] = [boardPercent(rows), boardVerdict(rows)];
  if (flags.output === "json") {
    const machines = rows.map(({ node, role, state }) => ({ node, role, ...state }));
    context.out.write(`${JSON.stringify({ cluster: name, percent, verdict, machines })}\n`);
    return 0;
  }
  const text = `${formatColumns(boardCells(rows, systemClock.now()))}${name}: ${percent} %, ${verdict}\n`;
  const isDrawnOver = flags.watch && context.out.isTerminal && height > 0;
  context.out.write(`${isDrawnOver ? `\x1b[${height}A\x1b[J` : ""}${text}`);
  return text.split("\n").length - 1;
}
