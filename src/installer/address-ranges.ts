import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";

/** Addresses as few ranges, `10.0.0.1-10.0.0.3` and `10.0.0.9`, in order. */
export function addressRanges(addresses: readonly Ipv4Address[]): readonly string[] {
  const sorted = [...new Set(addresses)].sort((a, b) => a - b);
  const ranges: [Ipv4Address, Ipv4Address][] = [];
  for (const address of sorted) {
    const open = ranges.at(-1);
    if (open !== undefined && open[1] + 1 === address) open[1] = address;
    else ranges.push([address, address]);
  }
  return ranges.map(([first, last]) => {
    return first === last ? formatIpv4(first) : `${formatIpv4(first)}-${formatIpv4(last)}`;
  });
}
