import { formatIpv4 } from "../wire/ipv4.ts";
import { formatSubnet } from "../wire/subnet.ts";
import { type Cluster, type ClusterNode, nodesOf } from "./cluster.ts";
import type { ControlPlaneDriver } from "./control-plane.ts";
import { etcdEndpoints } from "./etcd.ts";
import type { MachineFile, MachineUnit, MachineUser } from "./ignition-document.ts";
import { formatKubeconfig } from "./kubeconfig.ts";
import { programFolder } from "./programs.ts";
import { authorityOf, type ClusterSecrets, certificateOf } from "./secrets.ts";
import { clusterDomain } from "./service-addresses.ts";
import { formatCommand, formatUnit } from "./unit-text.ts";

const pki = "/etc/kubernetes/pki";
const kubeUser: MachineUser = { name: "kube", service: { home: "/var/lib/kube" } };
const leafNames = ["apiserver", "kubelet-client", "front-proxy"] as const;

/** API server, controller manager and scheduler as units that run the bundle's programs. */
export const binariesDriver: ControlPlaneDriver = (cluster, node, secrets) => ({
  users: [kubeUser],
  units: [
    serviceOf("kube-apiserver", apiserverFlags(cluster, node)),
    serviceOf("kube-controller-manager", managerFlags(cluster)),
    serviceOf("kube-scheduler", schedulerFlags(cluster)),
  ],
  files: [],
  secrets: controllerSecrets(cluster, node, secrets),
});

function apiserverFlags(cluster: Cluster, node: ClusterNode): Readonly<Record<string, string>> {
  return {
    "advertise-address": formatIpv4(node.address),
    "allow-privileged": "true",
    "anonymous-auth": "false",
    "authorization-mode": "Node,RBAC",
    "client-ca-file": "/etc/kubernetes/ca.crt",
    "enable-admission-plugins": "NodeRestriction",
    "enable-bootstrap-token-auth": "true",
    "etcd-cafile": `${pki}/etcd-ca.crt`,
    "etcd-certfile": `${pki}/etcd-client.crt`,
    "etcd-keyfile": `${pki}/etcd-client.key`,
    "etcd-servers": etcdEndpoints(cluster).join(","),
    "kubelet-client-certificate": `${pki}/kubelet-client.crt`,
    "kubelet-client-key": `${pki}/kubelet-client.key`,
    "kubelet-preferred-address-types": "InternalIP,Hostname",
    "proxy-client-cert-file": `${pki}/front-proxy.crt`,
    "proxy-client-key-file": `${pki}/front-proxy.key`,
    "requestheader-allowed-names": "front-proxy-client",
    "requestheader-client-ca-file": `${pki}/front-proxy-ca.crt`,
    "requestheader-extra-headers-prefix": "X-Remote-Extra-",
    "requestheader-group-headers": "X-Remote-Group",
    "requestheader-username-headers": "X-Remote-User",
    "secure-port": String(cluster.apiPort),
    "service-account-issuer": `https://kubernetes.default.svc.${clusterDomain}`,
    "service-account-key-file": `${pki}/service-account.pub`,
    "service-account-signing-key-file": `${pki}/service-account.key`,
    "service-cluster-ip-range": formatSubnet(cluster.serviceCidr),
    "tls-cert-file": `${pki}/apiserver.crt`,
    "tls-private-key-file": `${pki}/apiserver.key`,
  };
}

function managerFlags(cluster: Cluster): Readonly<Record<string, string>> {
  const login = "/etc/kubernetes/controller-manager.kubeconfig";
  return {
    "allocate-node-cidrs": "true",
    "authentication-kubeconfig": login,
    "authorization-kubeconfig": login,
    "bind-address": "127.0.0.1",
    "cluster-cidr": formatSubnet(cluster.podCidr),
    "cluster-signing-cert-file": "/etc/kubernetes/ca.crt",
    "cluster-signing-key-file": `${pki}/ca.key`,
    // The second is off by default: it takes bootstrap tokens away whose time is over.
    controllers: "*,tokencleaner",
    kubeconfig: login,
    "leader-elect": electsLeader(cluster),
    "requestheader-client-ca-file": `${pki}/front-proxy-ca.crt`,
    "root-ca-file": "/etc/kubernetes/ca.crt",
    "service-account-private-key-file": `${pki}/service-account.key`,
    "service-cluster-ip-range": formatSubnet(cluster.serviceCidr),
    "use-service-account-credentials": "true",
  };
}

const schedulerLogin = "/etc/kubernetes/scheduler.kubeconfig";
function schedulerFlags(cluster: Cluster): Readonly<Record<string, string>> {
  return {
    "authentication-kubeconfig": schedulerLogin,
    "authorization-kubeconfig": schedulerLogin,
    "bind-address": "127.0.0.1",
    kubeconfig: schedulerLogin,
    "leader-elect": electsLeader(cluster),
  };
}

// Who cannot renew the lease within 10 s ends. A single controller has nobody to yield to, and would only
// start over for ever where its API server is slow.
function electsLeader(cluster: Cluster): "true" | "false" {
  return nodesOf(cluster, "controller").length > 1 ? "true" : "false";
}

function serviceOf(name: string, flags: Readonly<Record<string, string>>): MachineUnit {
  const isServer = name === "kube-apiserver";
  const after = isServer ? "network-online.target" : "kube-apiserver.service";
  const text = formatUnit({
    Unit: {
      Description: name,
      Requires: "kindling-join.service",
      Wants: after,
      After: ["kindling-join.service", after],
      StartLimitIntervalSec: "0",
    },
    Service: {
      ...(isServer && { Type: "notify", TimeoutStartSec: "infinity" }),
      User: kubeUser.name,
      ExecStart: formatCommand(`${programFolder}/${name}`, flags),
      // The API's port may be 443.
      ...(isServer && { AmbientCapabilities: "CAP_NET_BIND_SERVICE" }),
      StateDirectory: "kube",
      Restart: "always",
      RestartSec: "5s",
      ...(isServer && { LimitNOFILE: "65536" }),
      NoNewPrivileges: "yes",
      ProtectSystem: "full",
      ProtectHome: "yes",
      PrivateTmp: "yes",
    },
    Install: { WantedBy: "multi-user.target" },
  });
  return { name: `${name}.service`, text, enabled: true };
}

function controllerSecrets(
  cluster: Cluster,
  node: ClusterNode,
  secrets: ClusterSecrets,
): readonly MachineFile[] {
  const open = (name: string, text: string) => ({ path: `${pki}/${name}`, mode: 0o644, text });
  const shut = (name: string, text: string) => {
    return { path: `${pki}/${name}`, mode: 0o400, owner: kubeUser.name, text };
  };
  const pairs = leafNames.flatMap((name) => {
    const { cert, key } = certificateOf(secrets, name, node.name);
    return [open(`${name}.crt`, cert), shut(`${name}.key`, key)];
  });
  const etcd = etcdLogin(cluster, node, secrets);
  return [
    shut("ca.key", authorityOf(secrets, "cluster").key),
    open("front-proxy-ca.crt", authorityOf(secrets, "front-proxy").cert),
    ...pairs,
    open("etcd-ca.crt", etcd.authority),
    open("etcd-client.crt", etcd.cert),
    shut("etcd-client.key", etcd.key),
    open("service-account.pub", secrets.serviceAccount.public),
    shut("service-account.key", secrets.serviceAccount.private),
    ...["controller-manager", "scheduler"].map((user) => loginOf(user, cluster, node, secrets)),
  ];
}

function etcdLogin({ etcd }: Cluster, node: ClusterNode, secrets: ClusterSecrets) {
  if (etcd.kind === "external") return { authority: etcd.authority, ...etcd.client };
  const pair = certificateOf(secrets, "etcd-client", node.name);
  return { authority: authorityOf(secrets, "etcd").cert, ...pair };
}

// Each asks the API server beside it: that of another machine may be of another version.
function loginOf(
  user: string,
  cluster: Cluster,
  node: ClusterNode,
  secrets: ClusterSecrets,
): MachineFile {
  const text = formatKubeconfig({
    cluster: cluster.name,
    server: `https://${formatIpv4(node.address)}:${cluster.apiPort}`,
    authority: authorityOf(secrets, "cluster").cert,
    user: `system:kube-${user}`,
    login: certificateOf(secrets, user, node.name),
  });
  return { path: `/etc/kubernetes/${user}.kubeconfig`, mode: 0o400, owner: kubeUser.name, text };
}
