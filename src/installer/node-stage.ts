import { type Cluster, type ClusterNode, fullName, hasOwnEtcd, type NodeRole } from "./cluster.ts";
import { type ControlPlane, etcdOnly } from "./control-plane.ts";
import { binariesDriver } from "./control-plane-binaries.ts";
import { etcdFiles, etcdSecrets, etcdUnit, etcdUser } from "./etcd.ts";
import { firewallFiles } from "./firewall.ts";
import type { MachineDocument, MachineFile, MachineUser } from "./ignition-document.ts";
import { reportUrl } from "./install-stage.ts";
import { joinFiles, joinUnit } from "./join.ts";
import { formatKubeconfig } from "./kubeconfig.ts";
import { kubeletFiles, nodeUnits } from "./kubelet.ts";
import { podNetworkFiles, podNetworkUnits } from "./pod-network.ts";
import { programsOf } from "./programs.ts";
import { containerdUnit, runtimeFiles } from "./runtime-files.ts";
import {
  authorityOf,
  type ClusterSecrets,
  certificateOf,
  formatBootstrapToken,
} from "./secrets.ts";
import { apiUrl } from "./service-addresses.ts";
import { bundleOf, type ClusterSurroundings } from "./surroundings.ts";

/** What a machine becomes: what anybody may read, and what only it may. */
export type NodeStage = {
  readonly document: MachineDocument;
  readonly secrets: readonly MachineFile[];
};

/** What all machines of a role have alike: made once, since a cluster may have thousands of them. */
export type RoleParts = Pick<MachineDocument, "files" | "units">;

type Parts = {
  readonly cluster: Cluster;
  readonly node: ClusterNode;
  readonly secrets: ClusterSecrets;
  readonly surroundings: ClusterSurroundings;
};

export function renderRole(
  cluster: Cluster,
  role: NodeRole,
  surroundings: ClusterSurroundings,
): RoleParts {
  const firewall = firewallFiles(cluster, role, surroundings);
  const { kubernetes } = cluster;
  const runtime =
    kubernetes === undefined
      ? []
      : [
          ...runtimeFiles(kubernetes.sandboxImage, surroundings.mirror, cluster),
          ...podNetworkFiles(cluster),
          ...kubeletFiles(cluster, kubernetes.version),
        ];
  const programs = programFiles(cluster, role, surroundings);
  return {
    files: [...firewall.files, ...runtime, ...programs],
    units: [
      ...firewall.units,
      joinUnit(),
      ...(kubernetes === undefined ? [] : [containerdUnit, ...podNetworkUnits(cluster)]),
    ],
  };
}

/** The installed system of one machine. */
export function renderNode(parts: Parts, role: RoleParts): NodeStage {
  const { cluster, node, secrets } = parts;
  const isController = node.role === "controller";
  const hasEtcd = isController && hasOwnEtcd(cluster);
  const { kubernetes } = cluster;
  const plane = isController ? controlPlane(parts) : etcdOnly(cluster, node, secrets);
  return {
    document: {
      users: [...people(cluster), ...(hasEtcd ? [etcdUser] : []), ...plane.users],
      files: [
        { path: "/etc/hostname", mode: 0o644, text: `${fullName(cluster, node)}\n` },
        ...joinFilesOf(parts),
        ...role.files,
        ...(hasEtcd ? etcdFiles(cluster, node, memberState(parts)) : []),
        ...plane.files,
      ],
      units: [
        ...role.units,
        ...(hasEtcd ? [etcdUnit(cluster)] : []),
        ...plane.units,
        ...(kubernetes === undefined ? [] : nodeUnits(cluster, node, kubernetes.version)),
      ],
    },
    secrets: [
      ...(hasEtcd ? etcdSecrets(secrets, node) : []),
      ...(kubernetes === undefined ? [] : kubeletSecrets(cluster, secrets)),
      ...plane.secrets,
    ],
  };
}

function memberState({ node, surroundings }: Parts): "new" | "existing" {
  return surroundings.arrived?.has(node.name) ? "existing" : "new";
}

function joinFilesOf({ node, secrets, surroundings }: Parts): readonly MachineFile[] {
  const token = secrets.joinTokens.get(node.name);
  if (token === undefined) throw new TypeError(`no token was made for ${node.name}`);
  const authority = surroundings.joinAuthority ?? authorityOf(secrets, "cluster").cert;
  const { joinOrigin: origin } = surroundings;
  return joinFiles({ authority, origin, token, reportUrl: reportUrl(node, surroundings) });
}

function controlPlane({ cluster, node, secrets }: Parts): ControlPlane {
  const driver = cluster.kubernetes === undefined ? etcdOnly : binariesDriver;
  return driver(cluster, node, secrets);
}

function people({ sshKeys }: Cluster): readonly MachineUser[] {
  return sshKeys.length > 0 ? [{ name: "core", sshKeys }] : [];
}

/** Ignition fetches each before the system starts, and holds it to its checksum. */
function programFiles(
  cluster: Cluster,
  role: NodeRole,
  surroundings: ClusterSurroundings,
): readonly MachineFile[] {
  const bundle = bundleOf(cluster, surroundings);
  if (bundle === undefined) return [];
  const base = `${surroundings.origin}/assets/k8s/${bundle.version}/${bundle.arch}`;
  return programsOf(cluster)
    .filter(({ roles }) => roles.includes(role))
    .map(({ file, path }) => {
      const sha256 = bundle.files.get(file)?.sha256 ?? "";
      return { path, mode: 0o755, url: `${base}/${file}`, sha256 };
    });
}

function kubeletSecrets(cluster: Cluster, secrets: ClusterSecrets): readonly MachineFile[] {
  const authority = authorityOf(secrets, "cluster").cert;
  const shared = { cluster: cluster.name, server: apiUrl(cluster), authority };
  const bootstrap = formatKubeconfig({
    ...shared,
    user: "kubelet-bootstrap",
    login: { token: formatBootstrapToken(secrets.bootstrapToken) },
  });
  const proxy = formatKubeconfig({
    ...shared,
    user: "system:kube-proxy",
    login: certificateOf(secrets, "kube-proxy"),
  });
  const { pullSecret } = cluster;
  const pull = { path: "/var/lib/kubelet/config.json", mode: 0o600 };
  return [
    { path: "/etc/kubernetes/ca.crt", mode: 0o644, text: authority },
    { path: "/etc/kubernetes/bootstrap-kubeconfig", mode: 0o600, text: bootstrap },
    { path: "/etc/kubernetes/kube-proxy.kubeconfig", mode: 0o600, text: proxy },
    ...(pullSecret === undefined ? [] : [{ ...pull, text: pullSecret }]),
  ];
}
