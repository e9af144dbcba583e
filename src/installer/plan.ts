import type { Group } from "../boot/group.ts";
import type { Profile } from "../boot/profile.ts";
import type { NodeLabel } from "./bring-up.ts";
import { type Cluster, type ClusterNode, fullName, NodeRoles } from "./cluster.ts";
import { formatMachine, type MachineFile } from "./ignition-document.ts";
import { installIgnition, installProfile } from "./install-stage.ts";
import { type JoinTicket, joinLifetimeMs } from "./join.ts";
import { formatKubeconfig } from "./kubeconfig.ts";
import { type Manifest, planLabels, planManifests } from "./manifests.ts";
import {
  type PlannedRecord,
  type PlannedReservation,
  planRecords,
  planReservations,
} from "./names.ts";
import { renderNode, renderRole } from "./node-stage.ts";
import { authorityOf, type ClusterSecrets, certificateOf } from "./secrets.ts";
import { apiUrl } from "./service-addresses.ts";
import type { ClusterSurroundings } from "./surroundings.ts";

/** All that becomes of a description, for whoever applies it. */
export type ClusterPlan = {
  readonly groups: readonly Group[];
  readonly profiles: readonly Profile[];
  /** File name → text, for the catalog's `ignition/`. No secret that lasts is in it. */
  readonly ignition: ReadonlyMap<string, string>;
  readonly reservations: readonly PlannedReservation[];
  readonly records: readonly PlannedRecord[];
  /** Who may fetch which bundle. */
  readonly tickets: readonly JoinTicket[];
  /** Machine's name → the secrets it fetches once. */
  readonly bundles: ReadonlyMap<string, readonly MachineFile[]>;
  /** What is to be applied to the cluster's API. */
  readonly manifests: readonly Manifest[];
  /** Machine's whole name → the label that tells its role, which no kubelet may set on itself. */
  readonly labels: ReadonlyMap<string, NodeLabel>;
  /** The administrator's log-in; absent without Kubernetes. */
  readonly kubeconfig?: string;
};

/** Renders a description that its validations found no error in. */
export function renderCluster(
  cluster: Cluster,
  secrets: ClusterSecrets,
  surroundings: ClusterSurroundings,
): ClusterPlan {
  const entries: CatalogEntries = { groups: [], profiles: [], ignition: new Map() };
  const bundles = new Map<string, readonly MachineFile[]>();
  const parts = new Map(
    NodeRoles.map((role) => [role, renderRole(cluster, role, surroundings)] as const),
  );
  for (const node of cluster.nodes) {
    const role = parts.get(node.role) ?? { files: [], units: [] };
    const stage = renderNode({ cluster, node, secrets, surroundings }, role);
    bundles.set(node.name, stage.secrets);
    addNode(entries, { cluster, node, surroundings, ignition: formatMachine(stage.document) });
  }
  const kubeconfig = adminKubeconfig(cluster, secrets);
  return {
    ...entries,
    reservations: planReservations(cluster),
    records: planRecords(cluster),
    tickets: cluster.nodes.map((node) => ticketOf(node, secrets, surroundings)),
    bundles,
    manifests: planManifests(cluster, secrets, surroundings.now + joinLifetimeMs),
    labels: planLabels(cluster),
    ...(kubeconfig !== undefined && { kubeconfig }),
  };
}

/** What is gathered while the machines are gone through. */
type CatalogEntries = {
  readonly groups: Group[];
  readonly profiles: Profile[];
  readonly ignition: Map<string, string>;
};

type NodeEntry = {
  readonly cluster: Cluster;
  readonly node: ClusterNode;
  readonly surroundings: ClusterSurroundings;
  /** That of the installed system. */
  readonly ignition: string;
};

function addNode(entries: CatalogEntries, { cluster, node, surroundings, ignition }: NodeEntry) {
  const id = `${cluster.name}-${node.name}`;
  if (cluster.operatingSystem.install === "coreos-installer") {
    entries.groups.push(...groupsOf(node, id, {}));
    entries.profiles.push(installProfile(cluster, node, { id, surroundings }));
    entries.ignition.set(`${id}.ign`, ignition);
    return;
  }
  const install = `${cluster.name}-install-${node.name}`;
  const generation = surroundings.generations?.get(node.name) ?? "1";
  const once = groupsOf(node, install, {}).map((group) => {
    return { ...group, metadata: { kindling: { install: generation } } };
  });
  entries.groups.push(...once, ...groupsOf(node, id, { os: "installed" }));
  entries.profiles.push(installProfile(cluster, node, { id: install, surroundings }), {
    ...{ file: id, id, name: `${fullName(cluster, node)}, installed` },
    ...{ ignitionId: `${id}.ign`, cloudId: "", genericId: "" },
  });
  entries.ignition.set(`${install}.ign`, installIgnition(cluster, node, surroundings));
  entries.ignition.set(`${id}.ign`, ignition);
}

/** A group for each card: matchbox knows no lists in selectors. */
function groupsOf(
  { macs, uuid, name }: ClusterNode,
  profile: string,
  labels: Readonly<Record<string, string>>,
): readonly Group[] {
  const selectors = macs.length > 0 ? macs.map((mac) => ({ mac })) : [{ uuid: String(uuid) }];
  return selectors.map((selector, at) => {
    const id = at === 0 ? profile : `${profile}-${at + 1}`;
    return { file: id, id, name, profile, selector: { ...selector, ...labels }, metadata: {} };
  });
}

function ticketOf(
  { name: node, macs, uuid, address }: ClusterNode,
  { joinTokens }: ClusterSecrets,
  { now }: ClusterSurroundings,
): JoinTicket {
  const token = joinTokens.get(node) ?? "";
  const notAfter = now + joinLifetimeMs;
  return { node, token, macs, ...(uuid !== undefined && { uuid }), address, notAfter };
}

function adminKubeconfig(cluster: Cluster, secrets: ClusterSecrets): string | undefined {
  if (cluster.kubernetes === undefined) return undefined;
  return formatKubeconfig({
    cluster: cluster.name,
    server: apiUrl(cluster),
    authority: authorityOf(secrets, "cluster").cert,
    user: cluster.administrator.name,
    login: certificateOf(secrets, "admin"),
  });
}
