/**
 * The cluster installer: one `cluster.yaml` describes a cluster, and blank machines become it. Here
 * everything is decided and rendered: the description is read, judged by a table of validations, and
 * turned into a `ClusterPlan` of groups, profiles, Ignition files, reservations, records and a bundle
 * of secrets for each machine. Nothing here talks to a machine or a daemon; what applies a plan and
 * watches it come true takes the plan as a value. Pure but for the files that make keys.
 */
import type { KeyAlgorithm } from "../pki/certificate-plan.ts";
import type { IpAddress } from "../wire/ip.ts";
import type { Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import type { Subnet } from "../wire/subnet.ts";
import type { Uuid } from "../wire/uuid.ts";

/** What a machine is in the cluster: infra nodes take ingress where there is no load balancer. */
export const NodeRoles = ["controller", "worker", "infra"] as const;
export type NodeRole = (typeof NodeRoles)[number];

/** Which disk the system is written to; the installing machine looks, since only it knows its disks. */
export type DiskRule =
  | { readonly kind: "smallest" }
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "by-id"; readonly id: string }
  | { readonly kind: "serial"; readonly serial: string }
  /** The first that cannot be taken out and has so many gigabytes. */
  | { readonly kind: "first"; readonly gigabytes: number };

/** One machine. It is known by its MAC addresses or, where it has none here, by its UUID. */
export type ClusterNode = {
  readonly role: NodeRole;
  /** Its host name, one label. */
  readonly name: string;
  readonly macs: readonly MacAddress[];
  readonly uuid?: Uuid;
  readonly address: Ipv4Address;
  readonly disk: DiskRule;
  readonly bmc?: IpAddress;
};

/** Which image of the library machines become, and how it gets onto their disks. */
export type OperatingSystem = {
  readonly name: string;
  readonly version: string;
  readonly arch: "x86_64" | "arm64";
  /** `staged`: our installer writes the disk image; `coreos-installer`: that of the live image does. */
  readonly install: "staged" | "coreos-installer";
};

/** Where etcd runs: on the controllers, or elsewhere already. */
export type EtcdPlacement =
  | {
      readonly kind: "controllers";
      /** The program on the machine; absent: it comes with the Kubernetes bundle. */
      readonly program?: string;
    }
  | {
      readonly kind: "external";
      /** `https://host:2379` each. */
      readonly endpoints: readonly string[];
      /** PEM. */
      readonly authority: string;
      readonly client: { readonly cert: string; readonly key: string };
    };

/** How much of the firewall matrix is let through. */
export const FirewallLevels = ["off", "must", "should", "may"] as const;
export type FirewallLevel = (typeof FirewallLevels)[number];

export type FirewallSettings = {
  readonly level: FirewallLevel;
  /** Whom `ssh` is open to. */
  readonly userNetworks: readonly Subnet[];
  /** `listed` drops what machines send to others than those the matrix names. */
  readonly egress: "open" | "listed";
  /** Node ports 32000 to 32002 of controllers take ingress. */
  readonly nodePortIngress: boolean;
  /** Rows for ports that no supported kubelet opens any more. */
  readonly legacy: boolean;
};

/** `routes`: a bridge and routes; `flannel`: its settings, and an operator its DaemonSet; `none`: an operator all. */
export const PodNetworks = ["routes", "flannel", "none"] as const;
export type PodNetwork = (typeof PodNetworks)[number];

/** A cluster as its file describes it; every default is filled in. */
export type Cluster = {
  readonly name: string;
  readonly domain: string;
  readonly apiName: string;
  readonly consoleName: string;
  readonly apiPort: number;
  readonly vxlanPort: number;
  readonly podNetwork: PodNetwork;
  readonly podCidr: Subnet;
  readonly serviceCidr: Subnet;
  /** In the order of the file: controllers, workers, infra. */
  readonly nodes: readonly ClusterNode[];
  readonly operatingSystem: OperatingSystem;
  readonly etcd: EtcdPlacement;
  /** PEM of an authority to sign with; absent: one is made. */
  readonly authority?: { readonly cert: string; readonly key: string };
  readonly keyAlgorithm: KeyAlgorithm;
  readonly sshKeys: readonly string[];
  /** Docker's `config.json`, as text. */
  readonly pullSecret?: string;
  readonly administrator: { readonly name: string; readonly email?: string };
  /** Absent: no Kubernetes, the controllers' etcd alone is brought up. */
  readonly kubernetes?: {
    readonly version: string;
    /** The image whose process holds a pod's namespaces. */
    readonly sandboxImage: string;
  };
  readonly firewall: FirewallSettings;
};

/** The machines of a role. */
export function nodesOf({ nodes }: Pick<Cluster, "nodes">, role: NodeRole): readonly ClusterNode[] {
  return nodes.filter((node) => node.role === role);
}

/** A machine's whole name. */
export function fullName({ domain }: Cluster, { name }: ClusterNode): string {
  return `${name}.${domain}`;
}

/** Who answers to the console's name: infra nodes where there are some, else the workers. */
export function ingressNodes(cluster: Cluster): readonly ClusterNode[] {
  const infra = nodesOf(cluster, "infra");
  return infra.length > 0 ? infra : nodesOf(cluster, "worker");
}

/** Do machines keep routes to each other's pods? */
export function hasRoutedPods({ kubernetes, podNetwork }: RoutingCluster): boolean {
  return kubernetes !== undefined && podNetwork === "routes";
}

type RoutingCluster = Pick<Cluster, "kubernetes" | "podNetwork">;

/** Does etcd run on the controllers? */
export function hasOwnEtcd({ etcd }: Cluster): boolean {
  return etcd.kind === "controllers";
}

/** The key of a node's section in the file. */
export const SectionOf = {
  controller: "controllers",
  worker: "workers",
  infra: "infra",
} as const satisfies Record<NodeRole, string>;
