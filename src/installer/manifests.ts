import { formatSubnet } from "../wire/subnet.ts";
import type { NodeLabel } from "./bring-up.ts";
import { type Cluster, fullName } from "./cluster.ts";
import type { KubeObject } from "./kube-object.ts";
import { roleLabelOf } from "./kubelet.ts";
import type { BootstrapToken, ClusterSecrets } from "./secrets.ts";
import { apiUrl } from "./service-addresses.ts";

/** An object of the cluster's API, which is put there once the API answers. */
export type Manifest = {
  readonly file: string;
  readonly object: KubeObject;
  readonly secret?: true;
  /** It is worth nothing from then on: milliseconds since the epoch. */
  readonly until?: number;
};

const bootstrapGroup = "system:bootstrappers:kindling:machines";
const rbac = "rbac.authorization.k8s.io";

/** A machine that fetched its keys at the last moment has still so long to start its kubelet. */
const bootstrapGraceMs = 3_600_000;

/**
 * What a new cluster needs before its machines can join, and what others look for in it. Kubelets may ask for a
 * first certificate for as long as machines may fetch their keys: `ticketsEnd`, and a little longer.
 */
export function planManifests(
  cluster: Cluster,
  secrets: Pick<ClusterSecrets, "bootstrapToken">,
  ticketsEnd: number,
): readonly Manifest[] {
  if (cluster.kubernetes === undefined) return [];
  const until = ticketsEnd + bootstrapGraceMs;
  const signing = "system:certificates.k8s.io:certificatesigningrequests";
  const grants = [
    grant("kindling:bootstrap", "system:node-bootstrapper", bootstrapGroup),
    grant("kindling:approve", `${signing}:nodeclient`, bootstrapGroup),
    grant("kindling:renew", `${signing}:selfnodeclient`, "system:nodes"),
  ];
  return [
    {
      ...{ file: "bootstrap-token.json", secret: true, until },
      object: tokenSecret(secrets.bootstrapToken, until),
    },
    ...grants.map((object) => {
      return { file: `${object.metadata.name.replace(":", "-")}.json`, object };
    }),
    ...networkManifests(cluster),
    { file: "tectonic-system.json", object: namespace("tectonic-system") },
    { file: "tectonic-config.json", object: tectonicConfig(cluster) },
  ];
}

/** Machine's whole name → the label that tells its role, which no kubelet may set on itself. */
export function planLabels(cluster: Cluster): ReadonlyMap<string, NodeLabel> {
  return new Map(cluster.nodes.map((node) => [fullName(cluster, node), roleLabelOf(node)]));
}

function grant(name: string, role: string, group: string): KubeObject {
  return {
    apiVersion: `${rbac}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: role },
    subjects: [{ apiGroup: rbac, kind: "Group", name: group }],
  };
}

// As `data`, since `stringData` is never told again, and could not be compared with what is there.
function tokenSecret({ id, secret }: BootstrapToken, until: number): KubeObject {
  const values = {
    "token-id": id,
    "token-secret": secret,
    expiration: new Date(until).toISOString().replace(/\.\d+/, ""),
    "usage-bootstrap-authentication": "true",
    "usage-bootstrap-signing": "false",
    "auth-extra-groups": bootstrapGroup,
  };
  const data = Object.entries(values).map(([key, value]) => [key, base64(value)] as const);
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: `bootstrap-token-${id}`, namespace: "kube-system" },
    type: "bootstrap.kubernetes.io/token",
    data: Object.fromEntries(data),
  };
}

function networkManifests(cluster: Cluster): readonly Manifest[] {
  switch (cluster.podNetwork) {
    case "routes":
      return [
        { file: "pod-routes.json", object: routesRole },
        {
          file: "pod-routes-nodes.json",
          object: grant("kindling:pod-routes", routesRole.metadata.name, "system:nodes"),
        },
      ];
    case "flannel":
      return [{ file: "pod-network.json", object: flannelConfig(cluster) }];
    case "none":
      return [];
  }
}

// Since 1.32 a machine may read its own Node alone, unless it is told otherwise.
const routesRole: KubeObject = {
  apiVersion: `${rbac}/v1`,
  kind: "ClusterRole",
  metadata: { name: "kindling:pod-routes" },
  rules: [{ apiGroups: [""], resources: ["nodes"], verbs: ["list"] }],
};

// The kernel's own VXLAN port is another than flannel's, so it is always said.
function flannelConfig({ podCidr, vxlanPort }: Cluster): KubeObject {
  const network = {
    Network: formatSubnet(podCidr),
    Backend: { Type: "vxlan", Port: vxlanPort },
  };
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "kube-flannel-cfg", namespace: "kube-system" },
    data: { "net-conf.json": JSON.stringify(network) },
  };
}

function namespace(name: string): KubeObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

/** What the multi-cluster registry knows a cluster by. */
function tectonicConfig(cluster: Cluster): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "tectonic-config", namespace: "tectonic-system" },
    data: {
      clusterName: cluster.name,
      clusterID: cluster.name,
      installerPlatform: "kindling",
      certificatesStrategy:
        cluster.authority === undefined ? "installerGeneratedCA" : "userProvidedCA",
      consoleBaseAddress: `https://${cluster.consoleName}`,
      kubeAPIServerURL: apiUrl(cluster),
    },
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
