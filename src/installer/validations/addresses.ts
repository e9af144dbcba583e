import { formatIpv4, type Ipv4Address } from "../../wire/ipv4.ts";
import { broadcastOf, formatSubnet, subnetContains } from "../../wire/subnet.ts";
import type { Cluster, ClusterNode } from "../cluster.ts";
import { fullName, ingressNodes, nodesOf } from "../cluster.ts";
import type { ClusterSurroundings, ServedSubnet } from "../surroundings.ts";
import { type Offence, offenceIf, type Validation } from "../validation.ts";
import { eachNode } from "./names.ts";

/** Addresses and names against what this daemon serves. */
export const addressRows: readonly Validation[] = [
  {
    id: "address.outside",
    severity: "error",
    sentence: "each machine's address lies in a subnet that is served",
    cure: "serve that subnet (interfaces, dhcp.subnets), or mend the address",
    check: withSubnet(({ address }, served) => {
      return served === undefined ? `${formatIpv4(address)} lies in none` : undefined;
    }),
  },
  {
    id: "address.special",
    severity: "error",
    sentence: "no machine has the address of its network, its broadcast, its router or this host",
    cure: "give it another address of the subnet",
    check: withSubnet(({ address }, served) => {
      if (served === undefined) return undefined;
      const { subnet, taken } = served;
      const special = [
        ...taken,
        ...(subnet.prefix < 31 ? [subnet.network, broadcastOf(subnet)] : []),
      ];
      return special.includes(address)
        ? `${formatIpv4(address)} of ${formatSubnet(subnet)}`
        : undefined;
    }),
  },
  {
    id: "address.taken",
    severity: "error",
    sentence: "no machine's address is reserved for another",
    cure: "take another address, or take the reservation away",
    check: withSubnet((node, served) => {
      const row = served?.reservations.find(({ address }) => address === node.address);
      if (row === undefined || isOwn(node, row)) return undefined;
      return `${formatIpv4(node.address)} is kept for ${row.mac ?? row.uuid ?? "another"}`;
    }),
  },
  {
    id: "address.in-pool",
    severity: "error",
    sentence: "a machine's address lies outside the pools, or is reserved for it already",
    cure: "take an address outside the pools, or reserve this one first: kindling dhcp reserve",
    check: withSubnet((node, served) => {
      const { address } = node;
      const pool = served?.pools.find(({ first, last }) => first <= address && address <= last);
      if (pool === undefined) return undefined;
      if (served?.reservations.some((row) => row.address === address)) return undefined;
      const range = `${formatIpv4(pool.first)}-${formatIpv4(pool.last)}`;
      return `${formatIpv4(address)} lies in the pool ${range}`;
    }),
  },
  {
    id: "dns.elsewhere",
    severity: "error",
    sentence: "names in our own zones lead to this cluster's machines and to no others",
    cure: "take the record or the reservation of that name away, or choose another name",
    check: (cluster, { lookups, zones }) => {
      if (lookups === undefined || zones === undefined) return "unknown";
      return namesOf(cluster).flatMap(({ name, path, addresses }) => {
        const strange = (lookups.get(name) ?? []).find((found) => !addresses.includes(found));
        if (strange === undefined) return [];
        return [{ path, what: `${name} leads to ${formatIpv4(strange)}` }];
      });
    },
  },
  {
    id: "dns.foreign",
    severity: "warning",
    sentence: "names outside our zones are to be entered where that zone is kept",
    cure: "enter the records that kindling cluster render lists, or set dns.domain",
    check: (cluster, { zones }) => {
      if (zones === undefined) return "unknown";
      const isOurs = (name: string) => zones.some((zone) => name.endsWith(`.${zone}`));
      return (["apiName", "consoleName", "domain"] as const).flatMap((key) => {
        const name = key === "domain" ? `any.${cluster.domain}` : cluster[key];
        return offenceIf(!isOurs(name), key, cluster[key]);
      });
    },
  },
];

function withSubnet(
  look: (node: ClusterNode, served: ServedSubnet | undefined) => string | undefined,
): Validation["check"] {
  return (cluster, { subnets }: ClusterSurroundings) => {
    if (subnets === undefined) return "unknown";
    return eachNode(cluster, "address", (node) => {
      return look(
        node,
        subnets.find(({ subnet }) => subnetContains(subnet, node.address)),
      );
    });
  };
}

function isOwn(node: ClusterNode, row: ServedSubnet["reservations"][number]): boolean {
  if (row.mac !== undefined && node.macs.includes(row.mac)) return true;
  return row.uuid !== undefined && row.uuid === node.uuid;
}

type NameRow = Pick<Offence, "path"> & {
  readonly name: string;
  readonly addresses: readonly Ipv4Address[];
};

function namesOf(cluster: Cluster): readonly NameRow[] {
  const addresses = (nodes: readonly ClusterNode[]) => nodes.map(({ address }) => address);
  const machines = cluster.nodes.map((node) => {
    return { name: fullName(cluster, node), path: "", addresses: [node.address] };
  });
  return [
    {
      name: cluster.apiName,
      path: "apiName",
      addresses: addresses(nodesOf(cluster, "controller")),
    },
    { name: cluster.consoleName, path: "consoleName", addresses: addresses(ingressNodes(cluster)) },
    ...machines,
  ];
}
