/**
 * The part of a zone that machines make. The records of 100,000 of them would be 60 MB, and hardly any is
 * ever asked for; so a zone looks into the book of hosts and makes the one node of the question.
 */
import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import { type Subnet, subnetContains } from "../wire/subnet.ts";
import type { HostBook } from "./host-book.ts";
import { addressOfReverse, type DnsName, reverseName } from "./name.ts";
import type { ResourceRecord } from "./record.ts";
import type { DnsPlan } from "./settings.ts";
import type { ZoneNode, ZoneNodes } from "./zone.ts";

type Source = { readonly plan: DnsPlan; readonly hosts: HostBook };

/** The nodes of configured records, and those of the machines of the domain. */
export class AddressNodes implements ZoneNodes {
  readonly #fixed: ZoneNodes;
  readonly #source: Source;

  constructor(fixed: ZoneNodes, source: Source) {
    this.#fixed = fixed;
    this.#source = source;
  }

  has(name: DnsName): boolean {
    return this.#fixed.has(name) || this.#source.hosts.byName.has(name);
  }

  get(name: DnsName): ZoneNode | undefined {
    const { plan, hosts } = this.#source;
    const binding = hosts.byName.get(name)?.binding;
    const fixed = this.#fixed.get(name);
    if (binding === undefined) return fixed;
    // A name with another address by configuration is given to no machine; with a TXT or SRV it may be.
    const record = addressRecord(name, binding.address, ttlOf(plan, binding.reserved));
    return new Map(fixed).set(record.type, [record]);
  }

  keys(): MapIterator<DnsName> {
    return new Set([...this.#fixed.keys(), ...this.#source.hosts.byName.keys()]).keys();
  }
}

/** The nodes of our own pointers, and those of the machines of this piece of a subnet. */
export class PointerNodes implements ZoneNodes {
  readonly #fixed: ZoneNodes;
  readonly #source: Source & { readonly piece: Subnet };

  constructor(fixed: ZoneNodes, source: Source & { readonly piece: Subnet }) {
    this.#fixed = fixed;
    this.#source = source;
  }

  has(name: DnsName): boolean {
    return this.get(name) !== undefined;
  }

  // Ours first: of an address that is our own no machine's name is told.
  get(name: DnsName): ZoneNode | undefined {
    const { plan, hosts } = this.#source;
    const fixed = this.#fixed.get(name);
    if (fixed !== undefined) return fixed;
    if (hosts.networks.has(name)) return new Map();
    const address = addressOfReverse(name);
    const host = address === undefined ? undefined : hosts.byAddress.get(address);
    if (host === undefined) return undefined;
    const { binding } = host;
    const record = pointerTo(host.name, binding.address, ttlOf(plan, binding.reserved));
    return new Map([[record.type, [record]]]);
  }

  keys(): MapIterator<DnsName> {
    const { hosts, piece } = this.#source;
    const inside = [...hosts.byAddress.keys()].filter((address) => subnetContains(piece, address));
    const names = inside.map((address) => reverseName(address));
    return new Set([...this.#fixed.keys(), ...names]).keys();
  }
}

export function addressRecord(name: DnsName, address: Ipv4Address, ttl: number): ResourceRecord {
  return { name, ttl, type: "A", data: formatIpv4(address) };
}

export function pointerTo(data: DnsName, address: Ipv4Address, ttl: number): ResourceRecord {
  return { name: reverseName(address), ttl, type: "PTR", data };
}

function ttlOf({ ttl }: DnsPlan, isReserved: boolean): number {
  return isReserved ? ttl.static : ttl.dynamic;
}
