import { formatIpv4 } from "../wire/ipv4.ts";
import { formatSubnet } from "../wire/subnet.ts";
import { type Cluster, type ClusterNode, fullName, type NodeRole } from "./cluster.ts";
import type { MachineFile, MachineUnit } from "./ignition-document.ts";
import { minorRelease } from "./kubernetes-version.ts";
import { programFolder } from "./programs.ts";
import { clusterDomain, dnsServiceAddress } from "./service-addresses.ts";
import { formatCommand, formatUnit } from "./unit-text.ts";

/** What the kubelet says of its machine. */
type RoleMarks = {
  /** A kubelet may set these on itself; `node-role.kubernetes.io/…` it may not (1.16 and later). */
  readonly ownLabel: string;
  /** What an administrator has to set: see `ClusterPlan.labels`. */
  readonly roleLabel: readonly [key: string, value: string];
  readonly taint?: string;
};

const Marks: Readonly<Record<NodeRole, RoleMarks>> = {
  controller: {
    ownLabel: "node.kubernetes.io/controller=true",
    roleLabel: ["node-role.kubernetes.io/master", ""],
    taint: "node-role.kubernetes.io/master=:NoSchedule",
  },
  worker: {
    ownLabel: "node.kubernetes.io/node=true",
    roleLabel: ["node-role.kubernetes.io/node", "true"],
  },
  infra: {
    ownLabel: "node.kubernetes.io/infra=true",
    roleLabel: ["node-role.kubernetes.io/infra", ""],
    taint: "node-role.kubernetes.io/infra=:NoSchedule",
  },
};

/** Minor releases of Kubernetes that ask for other words. */
const Since = {
  /** Another runtime than dockershim is the one there is; the flag that chose it went in 1.27. */
  containerdAlone: 24,
  /** Before, a gate shuts it off, and the kubelet refuses a file that has it. */
  gracefulShutdown: 21,
} as const;

/** The label that makes a node's role seen in `kubectl get nodes`. */
export function roleLabelOf({ role }: ClusterNode): readonly [key: string, value: string] {
  return Marks[role].roleLabel;
}

/** The kubelet and kube-proxy of a machine, as this version takes them. */
export function nodeUnits(
  cluster: Cluster,
  node: ClusterNode,
  version: string,
): readonly MachineUnit[] {
  const name = fullName(cluster, node);
  const { ownLabel, taint } = Marks[node.role];
  const kubelet = formatCommand(`${programFolder}/kubelet`, {
    config: "/etc/kubernetes/kubelet.yaml",
    kubeconfig: "/etc/kubernetes/kubeconfig",
    "bootstrap-kubeconfig": "/etc/kubernetes/bootstrap-kubeconfig",
    "client-ca-file": "/etc/kubernetes/ca.crt",
    "cloud-provider": "",
    ...(minorRelease(version) < Since.containerdAlone && { "container-runtime": "remote" }),
    "container-runtime-endpoint": "unix:///run/containerd/containerd.sock",
    "hostname-override": name,
    "node-ip": formatIpv4(node.address),
    "node-labels": ownLabel,
    ...(taint !== undefined && { "register-with-taints": taint }),
  });
  const proxy = formatCommand(`${programFolder}/kube-proxy`, {
    kubeconfig: "/etc/kubernetes/kube-proxy.kubeconfig",
    "cluster-cidr": formatSubnet(cluster.podCidr),
    "hostname-override": name,
    "proxy-mode": "iptables",
  });
  return [
    service("kubelet", kubelet, { Requires: "kindling-join.service", Wants: "containerd.service" }),
    service("kube-proxy", proxy, { Requires: "kindling-join.service", Wants: "kubelet.service" }),
  ];
}

/** The kubelet's own file. Anonymous requests, its plain port and long shutdowns are off. */
export function kubeletFiles(cluster: Cluster, version: string): readonly MachineFile[] {
  const shutdown = minorRelease(version) < Since.gracefulShutdown ? "" : gracefulShutdown;
  const text = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication:
  anonymous: { enabled: false }
  webhook: { enabled: true }
  x509: { clientCAFile: /etc/kubernetes/ca.crt }
authorization: { mode: Webhook }
cgroupDriver: systemd
clusterDNS: [${dnsServiceAddress(cluster)}]
clusterDomain: ${clusterDomain}
readOnlyPort: 0
rotateCertificates: true
${shutdown}staticPodPath: /etc/kubernetes/manifests
`;
  const keep = { path: "/etc/kubernetes/manifests/.keep", mode: 0o644, text: "" };
  return [{ path: "/etc/kubernetes/kubelet.yaml", mode: 0o644, text }, keep];
}

const gracefulShutdown = `shutdownGracePeriod: 45s
shutdownGracePeriodCriticalPods: 30s
`;

function service(
  name: string,
  command: string,
  { Requires, Wants }: { readonly Requires: string; readonly Wants: string },
): MachineUnit {
  const text = formatUnit({
    Unit: { Description: name, Requires, Wants, After: [Requires, Wants] },
    Service: { ExecStart: command, Restart: "always", RestartSec: "10s" },
    Install: { WantedBy: "multi-user.target" },
  });
  return { name: `${name}.service`, text, enabled: true };
}
