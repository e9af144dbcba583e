import { formatIpv4 } from "../wire/ipv4.ts";
import { type Cluster, type ClusterNode, nodesOf } from "./cluster.ts";
import type { MachineFile, MachineUnit, MachineUser } from "./ignition-document.ts";
import { etcdProgram } from "./programs.ts";
import { authorityOf, type ClusterSecrets, certificateOf } from "./secrets.ts";
import { formatEnvironment, formatUnit } from "./unit-text.ts";

const clientPort = 2379;
const peerPort = 2380;
/** Metrics without a log-in are for the machine itself. */
const metricsUrl = "http://127.0.0.1:2381";

const data = "/var/lib/etcd";
const pki = "/etc/etcd/pki";

export const etcdUser: MachineUser = { name: "etcd", service: { home: data } };

/** Where etcd is reached by the API servers. Addresses, not names: etcd comes up before DNS may. */
export function etcdEndpoints(cluster: Cluster): readonly string[] {
  if (cluster.etcd.kind === "external") return cluster.etcd.endpoints;
  return nodesOf(cluster, "controller").map((node) => urlOf(node, clientPort));
}

/**
 * What a controller is told of etcd; nothing of it is secret. One that was made anew comes into a cluster
 * that runs: its place was taken from the one before it and given to it.
 */
export function etcdFiles(
  cluster: Cluster,
  node: ClusterNode,
  state: "new" | "existing",
): readonly MachineFile[] {
  const members = nodesOf(cluster, "controller").map((member) => {
    return `${member.name}=${urlOf(member, peerPort)}`;
  });
  const text = formatEnvironment({
    ETCD_NAME: node.name,
    ETCD_DATA_DIR: data,
    ETCD_LISTEN_CLIENT_URLS: `${urlOf(node, clientPort)},https://127.0.0.1:${clientPort}`,
    ETCD_ADVERTISE_CLIENT_URLS: urlOf(node, clientPort),
    ETCD_LISTEN_PEER_URLS: urlOf(node, peerPort),
    ETCD_LISTEN_METRICS_URLS: metricsUrl,
    ETCD_INITIAL_ADVERTISE_PEER_URLS: urlOf(node, peerPort),
    ETCD_INITIAL_CLUSTER: members.join(","),
    ETCD_INITIAL_CLUSTER_STATE: state,
    ETCD_INITIAL_CLUSTER_TOKEN: cluster.name,
    ETCD_STRICT_RECONFIG_CHECK: "true",
    ETCD_CERT_FILE: `${pki}/server.crt`,
    ETCD_KEY_FILE: `${pki}/server.key`,
    ETCD_TRUSTED_CA_FILE: `${pki}/ca.crt`,
    ETCD_CLIENT_CERT_AUTH: "true",
    ETCD_PEER_CERT_FILE: `${pki}/peer.crt`,
    ETCD_PEER_KEY_FILE: `${pki}/peer.key`,
    ETCD_PEER_TRUSTED_CA_FILE: `${pki}/ca.crt`,
    ETCD_PEER_CLIENT_CERT_AUTH: "true",
  });
  return [{ path: "/etc/etcd/etcd.env", mode: 0o644, text }];
}

/** etcd as a service, after the machine has its certificates. */
export function etcdUnit(cluster: Cluster): MachineUnit {
  const text = formatUnit({
    Unit: {
      Description: "etcd",
      Requires: "kindling-join.service",
      After: ["kindling-join.service", "network-online.target"],
      Wants: "network-online.target",
    },
    Service: {
      Type: "notify",
      User: etcdUser.name,
      EnvironmentFile: "/etc/etcd/etcd.env",
      ExecStart: etcdProgram(cluster),
      StateDirectory: "etcd",
      StateDirectoryMode: "0700",
      // It is ready with a quorum only, and the other members may still be installing.
      TimeoutStartSec: "infinity",
      Restart: "always",
      RestartSec: "5s",
      LimitNOFILE: "65536",
      NoNewPrivileges: "yes",
      ProtectSystem: "full",
      ProtectHome: "yes",
      PrivateTmp: "yes",
    },
    Install: { WantedBy: "multi-user.target" },
  });
  return { name: "etcd.service", text, enabled: true };
}

/** The secrets of a member. */
export function etcdSecrets(secrets: ClusterSecrets, node: ClusterNode): readonly MachineFile[] {
  const owner = etcdUser.name;
  const ends = (["server", "peer"] as const).flatMap((end) => {
    const { cert, key } = certificateOf(secrets, `etcd-${end}`, node.name);
    return [
      { path: `${pki}/${end}.crt`, mode: 0o644, text: cert },
      { path: `${pki}/${end}.key`, mode: 0o400, owner, text: key },
    ];
  });
  return [{ path: `${pki}/ca.crt`, mode: 0o644, text: authorityOf(secrets, "etcd").cert }, ...ends];
}

function urlOf({ address }: ClusterNode, port: number): string {
  return `https://${formatIpv4(address)}:${port}`;
}
