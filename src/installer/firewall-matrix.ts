import type { Cluster, NodeRole } from "./cluster.ts";
import { hasOwnEtcd, hasRoutedPods, nodesOf } from "./cluster.ts";

/** Whom a row is about: the other end of a connection. */
export type FirewallPeer =
  /** `firewall.userNetworks`. */
  | "users"
  | "controllers"
  /** Controllers, workers and infra nodes. */
  | "machines"
  /** The host of this daemon. */
  | "provisioner"
  /** `podCidr`. */
  | "pods"
  | "anyone";

/** What is let through: `MUST` is needed, `SHOULD` wanted, `MAY` possible. */
export type FirewallRow = {
  /** That of the requirement, where there is one; `own` rows are what Kubernetes needs besides. */
  readonly id: string;
  readonly roles: readonly NodeRole[];
  readonly direction: "in" | "out";
  readonly level: "must" | "should" | "may";
  readonly protocols: readonly ("tcp" | "udp")[];
  /** `any`, a port, or first and last: `30000-32767`. */
  readonly ports: string;
  readonly peer: FirewallPeer;
  readonly why: string;
  /** No supported kubelet opens it any more. */
  readonly legacy?: true;
};

/** A row as it is written below; `legacy` where it says so. */
type Cells = readonly [
  id: string,
  roles: readonly NodeRole[],
  level: FirewallRow["level"],
  protocols: FirewallRow["protocols"],
  ports: string,
  peer: FirewallPeer,
  why: string,
  legacy?: "legacy",
];

const controller = ["controller"] as const;
const workers = ["worker", "infra"] as const;
const every = ["controller", "worker", "infra"] as const;
const tcp = ["tcp"] as const;
const udp = ["udp"] as const;
const both = ["tcp", "udp"] as const;
const nodePorts = "30000-32767";

/** Every row of the matrix that this cluster's description asks for, of whatever level. */
export function firewallMatrix(cluster: Cluster): readonly FirewallRow[] {
  return [...inRows(cluster), ...outRows(cluster)];
}

/** The rows that a role's rules are made of. */
export function chosenRows(cluster: Cluster, role: NodeRole): readonly FirewallRow[] {
  const { level, legacy } = cluster.firewall;
  const levels = Levels[level];
  return firewallMatrix(cluster)
    .filter(({ roles }) => roles.includes(role))
    .filter((row) => levels.includes(row.level) && (legacy || !row.legacy));
}

const Levels: Readonly<Record<Cluster["firewall"]["level"], readonly FirewallRow["level"][]>> = {
  off: [],
  must: ["must"],
  should: ["must", "should"],
  may: ["must", "should", "may"],
};

/** The table of docs/cluster.md, for a cluster with every part. */
export function formatMatrix(cluster: Cluster): string {
  const rows = firewallMatrix(cluster).map((row) => {
    const { id, roles, direction, level, protocols, ports, peer, why, legacy } = row;
    const what = `${protocols.join(", ")} ${ports}`;
    const told = legacy ? `${why} (legacy)` : why;
    return `| \`${id}\` | ${roles.join(", ")} | ${direction} | ${level} | ${what} | ${peer} | ${told} |`;
  });
  const head = "| row | machines | direction | level | what | other end | why |";
  return [head, "|---|---|---|---|---|---|---|", ...rows].join("\n");
}

function inRows(cluster: Cluster): readonly FirewallRow[] {
  const [api, vxlan] = [`${cluster.apiPort}`, `${cluster.vxlanPort}`];
  const hasInfra = nodesOf(cluster, "infra").length > 0;
  const ingress: readonly NodeRole[] = hasInfra ? ["infra"] : ["worker"];
  const rows: readonly (Cells | false)[] = [
    ["R36.ssh", every, "must", tcp, "22", "users", "ssh"],
    ["R36.vxlan", every, "must", udp, vxlan, "machines", "pod network"],
    cluster.firewall.nodePortIngress && NodePortIngress,
    ["R37.exporter", every, "should", tcp, "9100", "machines", "node exporter"],
    ["R37.node-ports", controller, "may", both, nodePorts, "anyone", "node ports"],
    ["R37.etcd", controller, "may", tcp, "2379", "anyone", "etcd for clients outside"],
    ["R37.read-only", controller, "may", tcp, "10255", "anyone", "kubelet's plain port", "legacy"],
    ["R41.https", ["infra"], "must", tcp, "443", "anyone", "ingress"],
    ["R42.masters", workers, "must", both, "any", "controllers", "controllers reach all ports"],
    ["R42.node-ports", workers, "must", both, nodePorts, "anyone", "node ports"],
    ["R43.kubelet", workers, "should", tcp, "10250", "controllers", "logs and exec"],
    ["R43.cadvisor", workers, "should", tcp, "4194", "controllers", "cAdvisor", "legacy"],
    ["R43.etcd", workers, "may", tcp, "2379-2380", "machines", "etcd on workers"],
    ["own.api", controller, "must", tcp, api, "anyone", "the API"],
    hasOwnEtcd(cluster) && OwnEtcd,
    hasOwnEtcd(cluster) && WatchedEtcd,
    ["own.kubelet", controller, "must", tcp, "10250", "controllers", "logs and exec"],
    ["own.http", ingress, "must", tcp, "80", "anyone", "ingress"],
    !hasInfra && OwnHttps,
  ];
  return rows.flatMap((cells) => (cells === false ? [] : [rowOf("in", cells)]));
}

const NodePortIngress: Cells = [
  ...(["R36.ingress", controller, "must", tcp, "32000-32002", "anyone"] as const),
  "ingress on node ports",
];
const OwnEtcd: Cells = ["own.etcd", controller, "must", tcp, "2379-2380", "controllers", "etcd"];
// Not the peers' port: this daemon's host asks etcd how it is, and gives places in it away.
const WatchedEtcd: Cells = [
  ...(["own.etcd-status", controller, "must", tcp, "2379", "provisioner"] as const),
  "cluster status and replace-node",
];
const OwnHttps: Cells = ["own.https", ["worker"], "must", tcp, "443", "anyone", "ingress"];

/** Used where `firewall.egress` is `listed`. */
function outRows(cluster: Cluster): readonly FirewallRow[] {
  const etcd = hasOwnEtcd(cluster) ? "may" : "must";
  const selfHosted = "12379-12380";
  const rows: readonly (Cells | false)[] = [
    ["R38.https", every, "must", tcp, "443", "anyone", "registries of images"],
    ["R38.etcd", controller, etcd, tcp, "2379-2380", "anyone", "etcd elsewhere"],
    ["R38.self-hosted", controller, "may", tcp, selfHosted, "anyone", "etcd in pods", "legacy"],
    ["R42.out", every, "must", both, "any", "machines", "machines among themselves"],
    hasRoutedPods(cluster) && OwnPods,
    ["own.provisioner", every, "must", both, "any", "provisioner", "what this daemon serves"],
    ["own.names", every, "must", both, "53", "anyone", "DNS"],
    ["own.time", every, "must", udp, "123", "anyone", "NTP"],
    ["own.dhcp", every, "must", udp, "67", "anyone", "leases"],
  ];
  return rows.flatMap((cells) => (cells === false ? [] : [rowOf("out", cells)]));
}

// Flannel's packets leave by an interface of their own; routed ones by that of the machine.
const OwnPods: Cells = ["own.pods", every, "must", both, "any", "pods", "pods of other machines"];

function rowOf(direction: FirewallRow["direction"], cells: Cells): FirewallRow {
  const [id, roles, level, protocols, ports, peer, why, legacy] = cells;
  return {
    id,
    roles,
    direction,
    level,
    protocols,
    ports,
    peer,
    why,
    ...(legacy && { legacy: true }),
  };
}
