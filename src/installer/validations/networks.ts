import { formatIpv4, type Ipv4Address } from "../../wire/ipv4.ts";
import { formatSubnet, parseSubnet, type Subnet, subnetContains } from "../../wire/subnet.ts";
import { type Cluster, hasRoutedPods } from "../cluster.ts";
import type { ServedSubnet } from "../surroundings.ts";
import { type Offence, offenceIf, type Validation } from "../validation.ts";
import { eachNode } from "./names.ts";

/** The pod network gives each machine a /24, as flannel does. */
const nodePrefix = 24;
/** A share of the pod network beyond which it is time to say so. */
const tightShare = 0.75;

const dockerFirst = parseSubnet("172.17.0.0/16");
/** What docker takes next, once its first bridge is there. */
const dockerNext = ["172.18.0.0/15", "172.20.0.0/14", "172.24.0.0/13", "192.168.0.0/20"];

/** Networks inside the cluster: apart from each other and from what is around, and large enough. */
export const networkRows: readonly Validation[] = [
  {
    id: "network.inside-clash",
    severity: "error",
    sentence: "podCidr and serviceCidr do not overlap",
    cure: "move one, say to 10.3.0.0/16",
    check: ({ podCidr, serviceCidr }) => {
      const what = `${formatSubnet(podCidr)} and ${formatSubnet(serviceCidr)}`;
      return offenceIf(overlaps(podCidr, serviceCidr), "serviceCidr", what);
    },
  },
  {
    id: "network.machine-clash",
    severity: "error",
    sentence: "no machine's address lies in podCidr or serviceCidr",
    cure: "move that network: packets to the machine would go to a pod",
    check: (cluster) =>
      eachNode(cluster, "address", ({ address }) => {
        const { podCidr, serviceCidr } = cluster;
        const hit = [podCidr, serviceCidr].find((network) => subnetContains(network, address));
        return hit && `${formatIpv4(address)} lies in ${formatSubnet(hit)}`;
      }),
  },
  {
    id: "network.lan-clash",
    severity: "error",
    sentence: "podCidr and serviceCidr do not overlap a subnet of the LAN",
    cure: "move them to a network that the site does not use",
    check: (cluster, { subnets }) => {
      if (subnets === undefined) return "unknown";
      return clashes(
        cluster,
        subnets.map(({ subnet }) => subnet),
      );
    },
  },
  {
    id: "network.docker",
    severity: "error",
    sentence: "podCidr and serviceCidr do not overlap docker's bridge, 172.17.0.0/16",
    cure: "move them out of 172.17.0.0/16",
    check: (cluster) => clashes(cluster, [dockerFirst]),
  },
  {
    id: "network.docker-next",
    severity: "warning",
    sentence: "docker may take 172.18.0.0 to 172.31.255.255 or 192.168.0.0/20 for further bridges",
    cure: "move podCidr and serviceCidr, if docker runs on the machines",
    check: (cluster) => clashes(cluster, dockerNext.map(parseSubnet)),
  },
  {
    id: "network.pods-full",
    severity: "error",
    sentence: "podCidr has a /24 for each machine",
    cure: "take a larger network: a /16 is enough for 256 machines",
    check: (cluster) => crowded(cluster, (share) => share > 1),
  },
  {
    id: "network.pods-tight",
    severity: "warning",
    sentence: "podCidr has room for a third more machines",
    cure: "take a larger network now: it cannot be changed later",
    check: (cluster) => crowded(cluster, (share) => share >= tightShare && share <= 1),
  },
  {
    id: "network.pods-link",
    severity: "error",
    sentence: "with podNetwork: routes all machines are in one subnet",
    cure: "set podNetwork: flannel, whose packets go through routers, or none",
    check: (cluster, { subnets }) => {
      if (!hasRoutedPods(cluster)) return [];
      return subnets === undefined ? "unknown" : apart(cluster, subnets);
    },
  },
  {
    id: "network.services-size",
    severity: "error",
    sentence: "serviceCidr is between a /12 and a /28, as the API server wants it",
    cure: "take a /16",
    check: ({ serviceCidr }) => {
      const { prefix } = serviceCidr;
      return offenceIf(prefix < 12 || prefix > 28, "serviceCidr", formatSubnet(serviceCidr));
    },
  },
  {
    id: "network.port-taken",
    severity: "error",
    sentence: "the API's port is not that of ssh, etcd, a kubelet or the controllers' own services",
    cure: "take 443 or 6443",
    check: ({ apiPort }) => offenceIf(portsOfControllers.has(apiPort), "apiPort", `${apiPort}`),
  },
];

const portsOfControllers = new Set([22, 2379, 2380, 2381, 9100, 10249, 10250, 10256, 10257, 10259]);

function overlaps(a: Subnet, b: Subnet): boolean {
  const [wide, narrow] = a.prefix <= b.prefix ? [a, b] : [b, a];
  return subnetContains(wide, narrow.network);
}

/** Machines in another subnet than the first; those in none are told by `address.outside`. */
function apart(cluster: Cluster, subnets: readonly ServedSubnet[]): readonly Offence[] {
  const linkOf = (address: Ipv4Address) => {
    return subnets.find(({ subnet }) => subnetContains(subnet, address))?.subnet;
  };
  const [home] = cluster.nodes.flatMap(({ address }) => linkOf(address) ?? []);
  return eachNode(cluster, "address", ({ address }) => {
    const link = linkOf(address);
    const isApart = home !== undefined && link !== undefined && link !== home;
    return isApart ? `${formatIpv4(address)} is not in ${formatSubnet(home)}` : undefined;
  });
}

function clashes(cluster: Cluster, around: readonly Subnet[]): readonly Offence[] {
  return (["podCidr", "serviceCidr"] as const).flatMap((key) => {
    const other = around.find((network) => overlaps(network, cluster[key]));
    if (other === undefined) return [];
    return [{ path: key, what: `${formatSubnet(cluster[key])} and ${formatSubnet(other)}` }];
  });
}

function crowded(
  { podCidr, nodes }: Cluster,
  isBad: (share: number) => boolean,
): readonly Offence[] {
  const room = podCidr.prefix > nodePrefix ? 0 : 2 ** (nodePrefix - podCidr.prefix);
  const what = `${nodes.length} machines, room for ${room}`;
  return offenceIf(isBad(nodes.length / room), "podCidr", what);
}
