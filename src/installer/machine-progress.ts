import type { BootEvent } from "../boot/event.ts";
import type { Install } from "../boot/install.ts";
import { type BringUpStep, nodeTrouble } from "./bring-up.ts";
import { type Cluster, type ClusterNode, fullName, hasOwnEtcd, nodesOf } from "./cluster.ts";
import { followNode, type NodeState, nodeStateOf } from "./node-state.ts";

/** What the daemon knows of a cluster's machines. Times are milliseconds since the epoch. */
export type KnownMachines = {
  readonly events: readonly BootEvent[];
  /** By MAC address. */
  readonly installs: ReadonlyMap<string, Install>;
  /** Machine's name → when it fetched its keys. */
  readonly joined: ReadonlyMap<string, number>;
  /** Until when the last of its tickets counts; 0: there is none. */
  readonly ticketsEnd: number;
};

/** A machine by what is known: of the events only those say more that came after what is kept on disk. */
export function machineProgress({ name, macs }: ClusterNode, known: KnownMachines): NodeState {
  const { events, installs, joined } = known;
  const install = macs.map((mac) => installs.get(mac)).find((one) => one !== undefined);
  const kept = nodeStateOf({ install, joinedAt: joined.get(name) });
  const own = events.filter(({ mac, at }) => {
    return mac !== undefined && macs.includes(mac) && at >= (kept.at ?? 0);
  });
  return own.reduce(followNode, kept);
}

/** Has it its keys, so that its services may answer? */
export function hasJoined({ stage }: NodeState): boolean {
  return stage === "joined" || stage === "ready";
}

/** Is there an API server to be asked? */
export function isApiDue(cluster: Cluster, stateOf: (node: string) => NodeState): boolean {
  if (cluster.kubernetes === undefined) return false;
  return nodesOf(cluster, "controller").some(({ name }) => hasJoined(stateOf(name)));
}

/** Services of one machine that are asked for themselves; its kubelet the API tells of. */
export function servicesOf(cluster: Cluster, { role }: ClusterNode): readonly ("etcd" | "api")[] {
  if (role !== "controller") return [];
  return [
    ...(hasOwnEtcd(cluster) ? (["etcd"] as const) : []),
    ...(cluster.kubernetes === undefined ? [] : (["api"] as const)),
  ];
}

/** What a machine that joined lacks: first what its services say, then what its API knows of it. */
export function machineTrouble(
  cluster: Cluster,
  node: ClusterNode,
  found: { readonly services: readonly string[]; readonly steps: readonly BringUpStep[] },
): string | undefined {
  return found.services[0] ?? nodeTrouble(found.steps, fullName(cluster, node));
}
