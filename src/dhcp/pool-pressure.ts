import type { Finding } from "../boot/finding.ts";
import { formatSubnet, type Subnet } from "../wire/subnet.ts";
import type { Lease } from "./lease.ts";

/** How full a pool is, as it was last told. */
export type PressureLevel = "ok" | "low" | "exhausted";

export type PoolUse = {
  readonly taken: number;
  readonly usable: number;
  /** Somebody was just refused for want of an address. */
  readonly refused: boolean;
};

/** Raised at four fifths; cleared below three quarters, so that one machine does not do both. */
const lowAt = 0.8;
const clearAt = 0.75;

/** The next level; `exhausted` holds until a twentieth of the pool is free again. */
export function decidePressure({ taken, usable, refused }: PoolUse, before: PressureLevel) {
  if (usable === 0) return "ok" satisfies PressureLevel; // reservations only: nothing to run out of
  const share = taken / usable;
  const stillOut = before === "exhausted" && share > 0.95;
  if (refused || stillOut) return "exhausted" satisfies PressureLevel;
  const low = share >= lowAt || (before !== "ok" && share >= clearAt);
  return (low ? "low" : "ok") satisfies PressureLevel;
}

/** What an operator reads at that level. */
export function formPressureFinding(
  level: "low" | "exhausted",
  { taken, usable }: Pick<PoolUse, "taken" | "usable">,
  { subnet, leases }: { readonly subnet: Subnet; readonly leases: readonly Lease[] },
): Finding {
  const most = topConsumers(leases);
  const who = most === "" ? "" : `; most are held by ${most}`;
  const name = formatSubnet(subnet);
  const cure = "widen dhcp.pools, shorten dhcp.lease, or remove machines that do not belong there";
  if (level === "low") {
    const sentence = `${taken} of ${usable} addresses of ${name} are taken${who}`;
    return { code: "dhcp.pool-low", severity: "warning", sentence, cure, subject: name };
  }
  const sentence = `a machine asked for an address of ${name} and none of ${usable} is free${who}`;
  return { code: "dhcp.pool-exhausted", severity: "error", sentence, cure, subject: name };
}

// By the maker's half of the MAC; made-up ones (bit 1 of the first octet) are all one maker.
function topConsumers(leases: readonly Lease[]): string {
  const counts = new Map<string, number>();
  for (const { mac } of leases) {
    if (mac === undefined) continue;
    const isMadeUp = (Number.parseInt(mac.slice(0, 2), 16) & 2) !== 0;
    const maker = isMadeUp ? "locally made MACs" : `${mac.slice(0, 8)}:*`;
    counts.set(maker, (counts.get(maker) ?? 0) + 1);
  }
  const most = [...counts].sort(([, a], [, b]) => b - a).slice(0, 3);
  return most.map(([maker, count]) => `${maker} (${count})`).join(", ");
}
