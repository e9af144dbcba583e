import { formatSubnet } from "../wire/subnet.ts";
import type { Cluster } from "./cluster.ts";
import type { ClusterSecrets } from "./secrets.ts";
import { apiUrl } from "./service-addresses.ts";

/** An object of the cluster's API, applied by an administrator once the API answers. */
export type Manifest = { readonly file: string; readonly object: object; readonly secret?: true };

const bootstrapGroup = "system:bootstrappers:kindling:machines";

/** What a new cluster needs before its machines can join, and what others look for in it. */
export function planManifests(cluster: Cluster, secrets: ClusterSecrets): readonly Manifest[] {
  if (cluster.kubernetes === undefined) return [];
  const { id, secret } = secrets.bootstrapToken;
  const grant = (name: string, role: string, group: string) => ({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: group }],
  });
  const signing = "system:certificates.k8s.io:certificatesigningrequests";
  const grants = [
    grant("kindling:bootstrap", "system:node-bootstrapper", bootstrapGroup),
    grant("kindling:approve", `${signing}:nodeclient`, bootstrapGroup),
    grant("kindling:renew", `${signing}:selfnodeclient`, "system:nodes"),
  ];
  return [
    { file: "bootstrap-token.json", object: tokenSecret(id, secret), secret: true },
    ...grants.map((object) => {
      return { file: `${object.metadata.name.replace(":", "-")}.json`, object };
    }),
    { file: "pod-network.json", object: podNetwork(cluster) },
    { file: "tectonic-system.json", object: namespace("tectonic-system") },
    { file: "tectonic-config.json", object: tectonicConfig(cluster) },
  ];
}

function tokenSecret(id: string, secret: string): object {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: `bootstrap-token-${id}`, namespace: "kube-system" },
    type: "bootstrap.kubernetes.io/token",
    stringData: {
      "token-id": id,
      "token-secret": secret,
      "usage-bootstrap-authentication": "true",
      "usage-bootstrap-signing": "false",
      "auth-extra-groups": bootstrapGroup,
    },
  };
}

// The kernel's own VXLAN port is another than flannel's, so it is always said.
function podNetwork({ podCidr, vxlanPort }: Cluster): object {
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

function namespace(name: string): object {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

/** What the multi-cluster registry knows a cluster by. */
function tectonicConfig(cluster: Cluster): object {
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
