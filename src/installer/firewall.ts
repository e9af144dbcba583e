import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import { formatSubnet } from "../wire/subnet.ts";
import { addressRanges } from "./address-ranges.ts";
import { type Cluster, hasRoutedPods, type NodeRole, nodesOf } from "./cluster.ts";
import { chosenRows, type FirewallPeer, type FirewallRow } from "./firewall-matrix.ts";
import type { MachineFile, MachineUnit } from "./ignition-document.ts";
import type { ClusterSurroundings } from "./surroundings.ts";
import { formatUnit } from "./unit-text.ts";

/** Who is behind the names of the matrix. */
export type FirewallSides = {
  /** Subnets in CIDR form. */
  readonly users: readonly string[];
  /** IPv4 addresses of this daemon. */
  readonly provisioner: readonly string[];
};

const path = "/etc/kindling/firewall.nft";

// `icmpv6`, and not `ipv6-icmp`: nft knows the first itself, and the second by an /etc/protocols that a small
// system may not have.

/** The rules of a role for `nft -f`, which puts them in place at once or not at all. */
export function renderFirewall(cluster: Cluster, role: NodeRole, sides: FirewallSides): string {
  const rows = chosenRows(cluster, role);
  const isListed = cluster.firewall.egress === "listed";
  const lines = (direction: FirewallRow["direction"]) => {
    return rows.filter((row) => row.direction === direction).map((row) => ruleOf(row));
  };
  return `# ${cluster.name}, ${role}: ${cluster.firewall.level} and below, out of docs/cluster.md.
table inet kindling
delete table inet kindling

table inet kindling {
${setsOf(cluster, sides).join("\n")}

	chain input {
		type filter hook input priority filter; policy drop;
		ct state established,related accept
		ct state invalid drop
		iifname { "lo", "cni*", "flannel*" } accept
		meta l4proto { icmp, icmpv6 } accept
		udp sport 67 udp dport 68 accept
${lines("in").join("\n")}
	}

	chain output {
		type filter hook output priority filter; policy ${isListed ? "drop" : "accept"};
${isListed ? listedHead : ""}${isListed ? `${lines("out").join("\n")}\n` : ""}	}
}
`;
}

const listedHead = `		ct state established,related accept
		oifname { "lo", "cni*", "flannel*" } accept
		meta l4proto { icmp, icmpv6 } accept
`;

/** What loads the rules before the network is up; nothing where the level is `off`. */
export function firewallFiles(
  cluster: Cluster,
  role: NodeRole,
  surroundings: ClusterSurroundings,
): { readonly files: readonly MachineFile[]; readonly units: readonly MachineUnit[] } {
  if (cluster.firewall.level === "off") return { files: [], units: [] };
  const text = renderFirewall(cluster, role, sidesOf(cluster, surroundings));
  return {
    files: [{ path, mode: 0o644, text }],
    units: [{ name: "kindling-firewall.service", text: firewallUnit, enabled: true }],
  };
}

/** The given networks of users, or the subnets that are served. */
export function sidesOf({ firewall }: Cluster, surroundings: ClusterSurroundings): FirewallSides {
  const served = (surroundings.subnets ?? []).map(({ subnet }) => subnet);
  const users = firewall.userNetworks.length > 0 ? firewall.userNetworks : served;
  const hosts = provisionerHosts(surroundings);
  return {
    users: users.map(formatSubnet),
    provisioner: [...new Set(hosts.flatMap(({ addresses }) => addresses))],
  };
}

/** A host that machines have to reach, and the IPv4 addresses that rules can name it by. */
export type ProvisionerHost = { readonly host: string; readonly addresses: readonly string[] };

/**
 * Rules know addresses only. A name is what our own zones say of it; else it is this daemon's own, whose
 * addresses are those of the links it serves. A mirror elsewhere may stay without.
 */
export function provisionerHosts(surroundings: ClusterSurroundings): readonly ProvisionerHost[] {
  const { origin, joinOrigin, mirror, own = [], lookups } = surroundings;
  const [ours, join] = [new URL(origin).hostname, new URL(joinOrigin).hostname];
  const hosts = [ours, join, ...(mirror === undefined ? [] : [new URL(mirror.origin).hostname])];
  return [...new Set(hosts)].map((host) => {
    if (/^[\d.]+$/.test(host)) return { host, addresses: [host] };
    const known = lookups?.get(host) ?? (host === ours || host === join ? own : []);
    return { host, addresses: known.map(formatIpv4) };
  });
}

function setsOf(cluster: Cluster, sides: FirewallSides): readonly string[] {
  const addresses = (nodes: readonly { readonly address: Ipv4Address }[]) => {
    return addressRanges(nodes.map(({ address }) => address));
  };
  const sets = {
    users: sides.users,
    controllers: addresses(nodesOf(cluster, "controller")),
    machines: addresses(cluster.nodes),
    provisioner: sides.provisioner,
    pods: hasRoutedPods(cluster) ? [formatSubnet(cluster.podCidr)] : [],
  } satisfies Record<Exclude<FirewallPeer, "anyone">, readonly string[]>;
  return Object.entries(sets).map(([name, elements]) => {
    const line = elements.length === 0 ? "" : ` elements = { ${elements.join(", ")} };`;
    return `	set ${name} { type ipv4_addr; flags interval; auto-merge;${line} }`;
  });
}

function ruleOf({ id, direction, protocols, ports, peer }: FirewallRow): string {
  const side = direction === "in" ? "saddr" : "daddr";
  const from = peer === "anyone" ? "" : `ip ${side} @${peer} `;
  return `		${from}${matchOf(protocols, ports)} accept comment "${id}"`;
}

function matchOf(protocols: FirewallRow["protocols"], ports: string): string {
  const [only, more] = protocols;
  const isOne = more === undefined;
  if (ports === "any") return `meta l4proto ${isOne ? only : `{ ${protocols.join(", ")} }`}`;
  return isOne
    ? `${only} dport ${ports}`
    : `meta l4proto { ${protocols.join(", ")} } th dport ${ports}`;
}

const firewallUnit = formatUnit({
  Unit: {
    Description: "Let in what this machine's role needs",
    DefaultDependencies: "no",
    Wants: "network-pre.target",
    Before: ["network-pre.target", "shutdown.target"],
    Conflicts: "shutdown.target",
    After: "local-fs.target",
  },
  Service: {
    Type: "oneshot",
    RemainAfterExit: "yes",
    ExecStart: `/usr/bin/env nft -f ${path}`,
    ExecReload: `/usr/bin/env nft -f ${path}`,
  },
  Install: { WantedBy: "sysinit.target" },
});
