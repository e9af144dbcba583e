import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import type { Uuid } from "../wire/uuid.ts";
import { type Cluster, fullName, hasOwnEtcd, ingressNodes, nodesOf } from "./cluster.ts";

/** An address and a name kept for one machine, as the DHCP server takes it. */
export type PlannedReservation = {
  readonly mac?: MacAddress;
  readonly uuid?: Uuid;
  readonly address: Ipv4Address;
  readonly hostname: string;
};

/** A record by its whole name; `value` is written as zone files have it. */
export type PlannedRecord = {
  readonly name: string;
  readonly type: "A" | "PTR" | "SRV";
  readonly value: string;
};

/** One row a machine, for its first card: an address is leased to one card at a time, or both take it in turn. */
export function planReservations({ nodes }: Cluster): readonly PlannedReservation[] {
  return nodes.map(({ macs: [mac], uuid, address, name }) => ({
    ...(mac !== undefined && { mac }),
    ...(mac === undefined && uuid !== undefined && { uuid }),
    address,
    hostname: name,
  }));
}

/**
 * Every name of the cluster, for whoever keeps its zone. API and console lead to all their machines in
 * turn; the SRV records are what etcd's own discovery and clients look for.
 */
export function planRecords(cluster: Cluster): readonly PlannedRecord[] {
  const { apiName, consoleName, nodes, domain } = cluster;
  const controllers = nodesOf(cluster, "controller");
  const addresses = (name: string, of: Cluster["nodes"]): readonly PlannedRecord[] => {
    return of.map(({ address }) => ({ name, type: "A", value: formatIpv4(address) }));
  };
  const machines = nodes.flatMap((node): readonly PlannedRecord[] => [
    ...addresses(fullName(cluster, node), [node]),
    { name: reverse(node.address), type: "PTR", value: fullName(cluster, node) },
  ]);
  const services = hasOwnEtcd(cluster)
    ? ([
        ["_etcd-server-ssl", 2380],
        ["_etcd-client-ssl", 2379],
      ] as const)
    : [];
  const srv = services.flatMap(([service, port]) =>
    controllers.map((node): PlannedRecord => {
      const value = `0 0 ${port} ${fullName(cluster, node)}`;
      return { name: `${service}._tcp.${domain}`, type: "SRV", value };
    }),
  );
  return [
    ...addresses(apiName, controllers),
    ...addresses(consoleName, ingressNodes(cluster)),
    ...machines,
    ...srv,
  ];
}

/**
 * The records that a daemon has to be given: where the cluster's domain is its own zone, the reservations
 * name the machines there already, and a record would take the name from them. Reverse names are always made of these.
 */
export function recordsToKeep(
  records: readonly PlannedRecord[],
  cluster: Cluster,
  ownDomain: string,
): readonly PlannedRecord[] {
  const named = cluster.domain === ownDomain ? cluster.nodes : [];
  const names = new Set(named.map((node) => fullName(cluster, node)));
  return records.filter(({ name, type }) => type !== "PTR" && !names.has(name));
}

function reverse(address: Ipv4Address): string {
  return `${formatIpv4(address).split(".").reverse().join(".")}.in-addr.arpa`;
}
