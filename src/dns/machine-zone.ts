import { addToIpv4, type Ipv4Address, parseIpv4 } from "../wire/ipv4.ts";
import { type Subnet, subnetContains, subnetOf } from "../wire/subnet.ts";
import type { Zones } from "./decide.ts";
import type { HostBook } from "./host-book.ts";
import { AddressNodes, addressRecord, PointerNodes, pointerTo } from "./machine-nodes.ts";
import { type DnsName, joinLabels, reverseName } from "./name.ts";
import type { ResourceRecord } from "./record.ts";
import type { DnsPlan, Service } from "./settings.ts";
import { buildZone, type SoaRecord } from "./zone.ts";

/** An address we serve on and the subnet it serves. */
export type ServedInterface = { readonly address: Ipv4Address; readonly subnet: Subnet };

export type MachineZonesInput = {
  readonly plan: DnsPlan;
  readonly hosts: HostBook;
  readonly interfaces: readonly ServedInterface[];
  /** Our address on the interface that asks: what our own name means there. */
  readonly local: Ipv4Address;
  /** Unix time of the last change, never smaller than before (RFC 1912 §2.2). */
  readonly serial: number;
};

/** The forward zones and a reverse zone for each piece of each served subnet. */
export function buildMachineZones(input: MachineZonesInput): Zones {
  const { plan, hosts, interfaces } = input;
  const names = plan.services.map(({ name }) => name);
  const forward = buildZone(soaOf(plan.domain, input), forwardRecords(input), names);
  const zones = interfaces
    .flatMap(({ subnet }) => reversePieces(subnet))
    .map((piece) => {
      const origin = reverseName(piece.network, piece.prefix / 8);
      const ours = interfaces.filter(({ address }) => subnetContains(piece, address));
      const pointers = ours.map(({ address }) =>
        pointerTo(plan.provisioner, address, plan.ttl.static),
      );
      const zone = buildZone(soaOf(origin, input), [nsOf(origin, plan), ...pointers]);
      return { ...zone, nodes: new PointerNodes(zone.nodes, { plan, hosts, piece }) };
    });
  const plain = plan.zones.map(({ domain, records }) =>
    buildZone(soaOf(domain, input), [nsOf(domain, plan), ...nearest(records, input)]),
  );
  const named = { ...forward, nodes: new AddressNodes(forward.nodes, { plan, hosts }) };
  return new Map([...zones, ...plain, named].map((zone) => [zone.origin, zone]));
}

function forwardRecords(input: MachineZonesInput): readonly ResourceRecord[] {
  const { plan, hosts, local } = input;
  const { domain, provisioner, services, records } = plan;
  const ours = addressRecord(provisioner, local, plan.ttl.static);
  const serviceRecords = services.flatMap((service) =>
    addressesOf(service, hosts).map((address) =>
      addressRecord(service.name, address, plan.ttl.dynamic),
    ),
  );
  return [nsOf(domain, plan), ours, ...serviceRecords, ...nearest(records, input)];
}

/**
 * Of a name with several addresses, one of them in the subnet that asks, only what is there: who stands
 * in that subnet reaches it without a router. Not so for `services`, whose machines stand in for another.
 */
function nearest(
  records: readonly ResourceRecord[],
  { interfaces, local }: MachineZonesInput,
): readonly ResourceRecord[] {
  const subnet = interfaces.find(({ address }) => address === local)?.subnet;
  if (subnet === undefined) return records;
  const isNear = ({ type, data }: ResourceRecord) =>
    type === "A" && typeof data === "string" && subnetContains(subnet, parseIpv4(data));
  const near = new Set(records.filter(isNear).map(({ name }) => name));
  return records.filter((it) => it.type !== "A" || !near.has(it.name) || isNear(it));
}

/** A target without a binding yet has no address to give; the others answer for it meanwhile. */
function addressesOf(service: Service, hosts: MachineZonesInput["hosts"]): readonly Ipv4Address[] {
  const addresses = service.targets.map((target) =>
    typeof target === "number" ? target : hosts.byName.get(target)?.binding.address,
  );
  return [...new Set(addresses.filter((address) => address !== undefined))];
}

/**
 * The pieces of a subnet that end at an octet, where in-addr.arpa can be cut: a /22 is four /24. A
 * smaller subnet gets the whole /24 around it; RFC 2317 would need the help of the parent zone.
 */
export function reversePieces(subnet: Subnet): readonly Subnet[] {
  const prefix = Math.min(Math.max(Math.ceil(subnet.prefix / 8), 1), 3) * 8;
  const count = subnet.prefix >= prefix ? 1 : 2 ** (prefix - subnet.prefix);
  const first = subnetOf(subnet.network, prefix).network;
  return Array.from({ length: count }, (_, at) => ({
    network: addToIpv4(first, at * 2 ** (32 - prefix)),
    prefix,
  }));
}

function soaOf(origin: DnsName, { plan, serial }: MachineZonesInput): SoaRecord {
  const mname = plan.provisioner;
  const rname = joinLabels(["hostmaster", plan.domain]);
  // A secondary asks each hour, and is told of changes besides; `minimum` is how long a no is kept.
  const times = { refresh: 3600, retry: 600, expire: 1_209_600, minimum: plan.ttl.negative };
  const data = { mname, rname, serial, ...times };
  return { name: origin, ttl: plan.ttl.static, type: "SOA", data };
}

function nsOf(origin: DnsName, { provisioner, ttl }: DnsPlan): ResourceRecord {
  return { name: origin, ttl: ttl.static, type: "NS", data: provisioner };
}
