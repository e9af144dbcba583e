import { type Cluster, hasOwnEtcd, type NodeRole } from "./cluster.ts";
import type { KubernetesBundle } from "./surroundings.ts";

/** Where programs lie on a machine: writable on Flatcar and Fedora CoreOS, too. */
export const programFolder = "/opt/bin";
const cniFolder = "/opt/cni/bin";

/** A file of a bundle, where it goes and which machines run it. */
export type Program = {
  readonly file: string;
  readonly path: string;
  readonly roles: readonly NodeRole[];
};

const everywhere = ["controller", "worker", "infra"] as const;
const controllers = ["controller"] as const;

const program = (file: string, roles: readonly NodeRole[]): Program => {
  return { file, path: `${programFolder}/${file}`, roles };
};
const plugin = (file: string): Program => {
  return { file: `cni/${file}`, path: `${cniFolder}/${file}`, roles: everywhere };
};

/** What a machine of Kubernetes runs out of a bundle. */
const Programs: readonly Program[] = [
  program("kube-apiserver", controllers),
  program("kube-controller-manager", controllers),
  program("kube-scheduler", controllers),
  program("kubelet", everywhere),
  program("kube-proxy", everywhere),
  ...["bridge", "host-local", "loopback", "portmap"].map(plugin),
];

/** The programs that machines of this cluster fetch. */
export function programsOf(cluster: Cluster): readonly Program[] {
  if (cluster.kubernetes === undefined) return [];
  const { etcd } = cluster;
  const isBundled = hasOwnEtcd(cluster) && etcd.kind === "controllers" && !etcd.program;
  return isBundled ? [program("etcd", controllers), ...Programs] : Programs;
}

/** The names that a bundle lacks. */
export function missingPrograms(cluster: Cluster, bundle: KubernetesBundle): readonly string[] {
  return programsOf(cluster)
    .map(({ file }) => file)
    .filter((file) => !bundle.files.has(file));
}

/** Where etcd is on a controller. */
export function etcdProgram({ etcd }: Cluster): string {
  const given = etcd.kind === "controllers" ? etcd.program : undefined;
  return given ?? `${programFolder}/etcd`;
}
