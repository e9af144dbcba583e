import { addToIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import { broadcastOf, subnetContains } from "../wire/subnet.ts";
import type { AddressRange, DhcpScope } from "./settings.ts";

/** What is never given out besides what the scope itself says. */
export type PoolLimits = {
  /** This host's addresses, on all its links. */
  readonly own: readonly Ipv4Address[];
  readonly isReserved: (address: Ipv4Address) => boolean;
};

/** The addresses of a scope's pools as numbers from 0, without those that are never given out. */
export type PoolSpace = {
  readonly size: number;
  readonly indexOf: (address: Ipv4Address) => number | undefined;
  readonly addressAt: (index: number) => Ipv4Address;
  /** May ever be given out to a machine without a reservation. */
  readonly isUsable: (address: Ipv4Address) => boolean;
};

export function formPoolSpace(scope: DhcpScope, limits: PoolLimits): PoolSpace {
  const ranges = disjoint(scope);
  const last = ranges.at(-1);
  return {
    size: last === undefined ? 0 : last.from + (last.last - last.first + 1),
    indexOf(address) {
      const range = ranges.find(({ first, last }) => first <= address && address <= last);
      return range && range.from + (address - range.first);
    },
    addressAt(index) {
      const range = ranges.findLast(({ from }) => from <= index);
      if (range === undefined) throw new RangeError(`pool index ${index} is below 0`);
      return addToIpv4(range.first, index - range.from);
    },
    isUsable: (address) =>
      isInPool(address, scope) &&
      !isUnassignable(address, scope, limits.own) &&
      !limits.isReserved(address),
  };
}

/** True for what no machine of the link may have, reserved or not. */
export function isUnassignable(
  address: Ipv4Address,
  scope: DhcpScope,
  own: readonly Ipv4Address[],
): boolean {
  const { subnet } = scope;
  if (own.includes(address) || address === scope.router || scope.dns.includes(address)) return true;
  const hasEnds = subnet.prefix < 31; // RFC 3021: a /31 is two hosts
  return hasEnds && (address === subnet.network || address === broadcastOf(subnet));
}

export function isInPool(address: Ipv4Address, scope: DhcpScope): boolean {
  const within = (range: AddressRange) => range.first <= address && address <= range.last;
  if (!subnetContains(scope.subnet, address)) return false;
  if (!scope.pools.some(within) || scope.excluded.some(within)) return false;
  // Old Windows takes .0 and .255 for network and broadcast even inside a wider subnet.
  const octet = address & 255;
  return scope.subnet.prefix >= 24 || (octet !== 0 && octet !== 255);
}

type Numbered = AddressRange & { readonly from: number };

// In order, within the subnet, and where two overlap once: no address has two numbers.
function disjoint({ pools, subnet }: DhcpScope): readonly Numbered[] {
  const ordered = pools.toSorted((a, b) => a.first - b.first);
  const found: Numbered[] = [];
  let from = 0;
  let after: number = subnet.network;
  for (const range of ordered) {
    const first = Math.max(range.first, after) as Ipv4Address; // proven: one of two addresses
    const last = Math.min(range.last, broadcastOf(subnet)) as Ipv4Address; // proven as above
    if (first > last) continue;
    found.push({ first, last, from });
    from += last - first + 1;
    after = last + 1;
  }
  return found;
}
