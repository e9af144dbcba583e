import type { Ipv4Address } from "../wire/ipv4.ts";
import type { Host } from "./host-names.ts";
import { type DnsName, reverseName } from "./name.ts";

/** The machines that have a name, by what questions ask for. One book serves all interfaces. */
export type HostBook = {
  readonly byName: ReadonlyMap<DnsName, Host>;
  /** Of several names for one address the first: a reservation's before a lease's. */
  readonly byAddress: ReadonlyMap<Ipv4Address, Host>;
  /** What exists in `in-addr.arpa` only because a machine is below it (RFC 8020). */
  readonly networks: ReadonlySet<DnsName>;
};

/** `byName` holds reservations first. */
export function bookHosts(byName: ReadonlyMap<DnsName, Host>): HostBook {
  const byAddress = new Map<Ipv4Address, Host>();
  const seen = new Set<number>();
  const networks = new Set<DnsName>();
  for (const host of byName.values()) {
    const { address } = host.binding;
    if (!byAddress.has(address)) byAddress.set(address, host);
    if (seen.has(address >>> 8)) continue;
    seen.add(address >>> 8);
    for (const octets of [1, 2, 3]) networks.add(reverseName(address, octets));
  }
  return { byName, byAddress, networks };
}

/** True where the zones of both would hold the same. */
export function haveSameHosts(one: HostBook, other: HostBook): boolean {
  if (one.byName.size !== other.byName.size) return false;
  const others = other.byName.values();
  for (const { name, binding } of one.byName.values()) {
    const next = others.next().value;
    if (next === undefined || name !== next.name) return false;
    const { address, reserved } = next.binding;
    if (binding.address !== address || binding.reserved !== reserved) return false;
  }
  return true;
}
