import { setTimeout as wait } from "node:timers/promises";
import {
  type BoardRow,
  boardCells,
  boardPercent,
  boardRows,
  boardVerdict,
} from "../installer/board.ts";
import { type ApiChange, clusterTrouble, formatStep } from "../installer/bring-up.ts";
import type { Cluster, ClusterNode } from "../installer/cluster.ts";
import { probeEtcd } from "../installer/etcd-client.ts";
import { type KubeAccess, probeApi } from "../installer/kube-client.ts";
import {
  hasJoined,
  isApiDue,
  type KnownMachines,
  machineProgress,
  machineTrouble,
  servicesOf,
} from "../installer/machine-progress.ts";
import { type NodeState, probeNode, Registered } from "../installer/node-state.ts";
import { systemClock } from "../runtime/clock.ts";
import { type BringUp, bringUp } from "./cluster-bring-up.ts";
import {
  type ClusterHouse,
  type HouseFlags,
  loadApplied,
  openClusterHouse,
} from "./cluster-house.ts";
import { readKnown } from "./cluster-known.ts";
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
 * `--watch` it brings up what is due at the cluster's API, and ends when all is ready (0) or is stopped.
 */
export async function runStatus(
  name: string,
  flags: StatusFlags,
  context: CliContext,
): Promise<number> {
  const house = await openClusterHouse(flags, context);
  const { cluster, kept } = await loadApplied(house, name);
  const access = { cluster, secrets: kept.record.secrets, signal: context.signal };
  const hands = flags.watch ? "change" : "look";
  let latched: ReadonlyMap<string, NodeState> = new Map();
  for (let height = 0; ; ) {
    const look = await survey({ house, cluster, access, latched, hands });
    latched = new Map(look.rows.map(({ node, state }) => [node, state]));
    height = draw(look, { name, flags, context, height });
    if (!flags.watch || boardVerdict(look.rows, look.trouble) === "ready") return 0;
    await wait(watchMs, undefined, { signal: context.signal });
  }
}

/** What one look found: the machines, what the cluster lacks besides, what was done about it. */
type Look = {
  readonly rows: readonly BoardRow[];
  readonly trouble: string | undefined;
  readonly taken: readonly ApiChange[];
};

async function survey(what: {
  readonly house: ClusterHouse;
  readonly cluster: Cluster;
  readonly access: KubeAccess;
  readonly latched: ReadonlyMap<string, NodeState>;
  readonly hands: "look" | "change";
}): Promise<Look> {
  const { house, cluster, access, latched, hands } = what;
  const known = await readKnown(house, cluster.name);
  const progress = new Map(
    cluster.nodes.map((node) => [node.name, progressOf(node, latched, known)] as const),
  );
  const stateOf = (node: string) => progress.get(node) ?? Registered;
  const { ticketsEnd } = known;
  const { taken, left } = isApiDue(cluster, stateOf)
    ? await bringUp({ cluster, access, ticketsEnd, hands })
    : nobodyToAsk(cluster);
  const probed = await Promise.all(
    cluster.nodes.map(async (node) => {
      const state = stateOf(node.name);
      if (!hasJoined(state)) return [node.name, state] as const;
      const services = await askServices(cluster, node, access);
      const trouble = machineTrouble(cluster, node, { services, steps: left });
      return [node.name, probeNode(state, systemClock.now(), trouble)] as const;
    }),
  );
  const byName = new Map(probed);
  const rows = boardRows(cluster, (node) => byName.get(node) ?? Registered);
  return { rows, trouble: clusterTrouble(left), taken };
}

function progressOf(
  node: ClusterNode,
  latched: ReadonlyMap<string, NodeState>,
  known: KnownMachines,
): NodeState {
  const before = latched.get(node.name);
  return before?.stage === "ready" ? before : machineProgress(node, known);
}

function nobodyToAsk({ kubernetes }: Cluster): BringUp {
  const why = "no controller has its keys yet";
  return { taken: [], left: kubernetes === undefined ? [] : [{ kind: "wait", why }] };
}

async function askServices(
  cluster: Cluster,
  node: ClusterNode,
  access: KubeAccess,
): Promise<readonly string[]> {
  const asked = servicesOf(cluster, node).map((service) => {
    return service === "etcd" ? probeEtcd(node, access) : probeApi(node, access);
  });
  return (await Promise.all(asked)).filter((trouble) => trouble !== undefined);
}

function draw(
  { rows, trouble, taken }: Look,
  how: { name: string; flags: StatusFlags; context: CliContext; height: number },
): number {
  const { name, flags, context, height } = how;
  const [percent, verdict] = [boardPercent(rows), boardVerdict(rows, trouble)];
  if (flags.output === "json") {
    const machines = rows.map(({ node, role, state }) => ({ node, role, ...state }));
    const told = {
      cluster: name,
      percent,
      verdict,
      trouble,
      machines,
      done: taken.map(formatStep),
    };
    context.out.write(`${JSON.stringify(told)}\n`);
    return 0;
  }
  const board = formatColumns(boardCells(rows, systemClock.now()));
  const text = `${board}${name}: ${percent} %, ${verdict}${trouble === undefined ? "" : `: ${trouble}`}\n`;
  const isDrawnOver = flags.watch && context.out.isTerminal && height > 0;
  const done = taken.map((step) => `${formatStep(step)}\n`).join("");
  context.out.write(`${isDrawnOver ? `\x1b[${height}A\x1b[J` : ""}${done}${text}`);
  return text.split("\n").length - 1;
}
