import type { Cluster, ClusterNode } from "./cluster.ts";
import type { MachineFile, MachineUnit, MachineUser } from "./ignition-document.ts";
import type { ClusterSecrets } from "./secrets.ts";

/** What makes a controller one, apart from etcd. */
export type ControlPlane = {
  readonly users: readonly MachineUser[];
  readonly units: readonly MachineUnit[];
  /** Not secret: part of the Ignition file. */
  readonly files: readonly MachineFile[];
  /** Secret: part of the machine's bundle. */
  readonly secrets: readonly MachineFile[];
};

/**
 * A way to bring the control plane up. One is here, programs as units of systemd; others (static pods,
 * kubeadm) render the same four lists.
 */
export type ControlPlaneDriver = (
  cluster: Cluster,
  node: ClusterNode,
  secrets: ClusterSecrets,
) => ControlPlane;

/** Nothing but etcd: for clusters without Kubernetes. */
export const etcdOnly: ControlPlaneDriver = () => {
  return { users: [], units: [], files: [], secrets: [] };
};
