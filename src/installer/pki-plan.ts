import type { CertificatePlan, Purpose } from "../pki/certificate-plan.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import { type Cluster, type ClusterNode, fullName, hasOwnEtcd, nodesOf } from "./cluster.ts";
import { type AuthorityName, certificateKey } from "./secrets.ts";
import { apiServiceAddress, clusterDomain } from "./service-addresses.ts";

/** A certificate that a cluster needs, and who signs it. */
export type CertificateWish = {
  readonly key: string;
  readonly signer: AuthorityName;
  readonly plan: CertificatePlan;
};

const dayMs = 86_400_000;
/** How far clocks may differ: a certificate counts from so long before it was made. */
const skewMs = 3_600_000;
const authorityDays = 3650;
/** Leaves are renewed long before: see `planRenewal`. */
const leafDays = 365;

/** What an authority of the cluster says. */
export function planClusterAuthority(
  { name, keyAlgorithm }: Cluster,
  authority: AuthorityName,
  now: number,
): CertificatePlan {
  return {
    commonName: `${name} ${authority} CA`,
    ...validFrom(now, authorityDays),
    authority: true,
    keyUsages: ["digitalSignature", "keyCertSign", "cRLSign"],
    purposes: [],
    names: [],
    algorithm: keyAlgorithm,
  };
}

/** The authorities that are made; a given one is not. */
export function authoritiesOf(cluster: Cluster): readonly AuthorityName[] {
  return ["cluster", ...(hasOwnEtcd(cluster) ? (["etcd"] as const) : []), "front-proxy"];
}

/** Every certificate of a cluster, that of machines included. */
export function planCertificates(cluster: Cluster, now: number): readonly CertificateWish[] {
  const rows = [
    ...(hasOwnEtcd(cluster) ? nodesOf(cluster, "controller").flatMap(etcdRows(cluster)) : []),
    ...(cluster.kubernetes === undefined ? [] : kubernetesRows(cluster)),
  ];
  return rows.map(({ id, node, signer = "cluster", ...row }) => ({
    key: certificateKey(id, node),
    signer,
    plan: {
      ...validFrom(now, leafDays),
      authority: false,
      keyUsages: usagesOf(cluster),
      names: [],
      algorithm: cluster.keyAlgorithm,
      ...row,
    },
  }));
}

type Row = {
  readonly id: string;
  readonly node?: string;
  readonly signer?: AuthorityName;
  readonly commonName: string;
  readonly organizations?: readonly string[];
  readonly purposes: readonly Purpose[];
  readonly names?: readonly string[];
};

const server = ["serverAuth"] as const;
const client = ["clientAuth"] as const;

// etcd's proxies and peers speak both ways with one certificate.
function etcdRows(cluster: Cluster): (node: ClusterNode) => readonly Row[] {
  const signer = "etcd";
  const both = [...server, ...client];
  return (node) => {
    const own = { node: node.name, signer, names: namesOf(cluster, node) } as const;
    // Clients that find members by the SRV records hold them to the domain, as etcd's own do.
    const asked = [...own.names, cluster.apiName, cluster.domain, "localhost", "127.0.0.1"];
    const loop = { ...own, names: asked };
    const [commonName, id] = [fullName(cluster, node), "etcd-client"];
    return [
      { id: "etcd-server", ...loop, commonName, purposes: both },
      { id: "etcd-peer", ...own, commonName, purposes: both },
      { id, node: node.name, signer, commonName: "kube-apiserver-etcd", purposes: client },
    ];
  };
}

function kubernetesRows(cluster: Cluster): readonly Row[] {
  const { administrator } = cluster;
  const masters = ["system:masters"];
  const admin = { commonName: administrator.name, organizations: masters, purposes: client };
  const proxy = { commonName: "system:kube-proxy", purposes: client };
  return [
    { id: "admin", ...admin },
    { id: "kube-proxy", ...proxy, organizations: ["system:node-proxier"] },
    ...nodesOf(cluster, "controller").flatMap((controller): readonly Row[] => {
      const node = controller.name;
      const kubelet = { commonName: "kube-apiserver-kubelet", organizations: masters };
      return [
        {
          ...{ id: "apiserver", node, commonName: "kube-apiserver", purposes: server },
          names: apiNames(cluster, controller),
        },
        { id: "kubelet-client", node, ...kubelet, purposes: client },
        {
          ...{ id: "front-proxy", node, signer: "front-proxy" },
          ...{ commonName: "front-proxy-client", purposes: client },
        },
        ...["controller-manager", "scheduler"].map((id): Row => {
          return { id, node, commonName: `system:kube-${id}`, purposes: client };
        }),
      ];
    }),
  ];
}

/** By what the API is reached: from outside, from pods, from the machines themselves. */
function apiNames(cluster: Cluster, node: ClusterNode): readonly string[] {
  const service = ["", ".default", ".default.svc", `.default.svc.${clusterDomain}`];
  return [
    cluster.apiName,
    ...service.map((rest) => `kubernetes${rest}`),
    apiServiceAddress(cluster),
    ...namesOf(cluster, node),
    ...["localhost", "127.0.0.1"],
  ];
}

function namesOf(cluster: Cluster, node: ClusterNode): readonly string[] {
  return [fullName(cluster, node), node.name, formatIpv4(node.address)];
}

// RSA keys may be asked to unwrap the other end's by old clients; ECDSA cannot.
function usagesOf({ keyAlgorithm }: Cluster): CertificatePlan["keyUsages"] {
  return keyAlgorithm === "ecdsa-p256"
    ? ["digitalSignature"]
    : ["digitalSignature", "keyEncipherment"];
}

function validFrom(now: number, days: number) {
  return { notBefore: now - skewMs, notAfter: now + days * dayMs };
}
