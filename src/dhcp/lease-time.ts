import type { MacAddress } from "../wire/mac.ts";
import type { ClientContext } from "./client-context.ts";
import type { DhcpRequest } from "./request.ts";

/**
 * How long a client's lease is: what its class says; else short for firmware and iPXE, which need the
 * address for minutes; else by what is known of the system's machine.
 */
export function leaseSecondsFor(
  { client }: DhcpRequest,
  { scope, settings, reservation, classes }: ClientContext,
): number {
  const times = scope.leaseTimes ?? {};
  const classed = classes.find(({ leaseSeconds }) => leaseSeconds !== undefined)?.leaseSeconds;
  if (classed !== undefined) return classed;
  if (client.stage.kind !== "operating-system") return times.boot ?? settings.bootLeaseSeconds;
  const system = times.system ?? settings.leaseSeconds;
  if (reservation) return times.reserved ?? settings.reservedLeaseSeconds ?? system;
  if (!isRandomMac(client.identity.mac)) return system;
  return Math.min(system, times.random ?? settings.randomLeaseSeconds ?? system);
}

// Locally administered, but given by a hypervisor or an engine that keeps it for the machine's life.
const SteadyPrefixes = ["52:54:00", "02:42"]; // QEMU and KVM; Docker

/** A locally administered address (IEEE 802, bit 1 of the first octet) that may be another tomorrow. */
export function isRandomMac(mac: MacAddress | undefined): boolean {
  if (mac === undefined || !/^[0-9a-f][26ae]/.test(mac)) return false;
  return !SteadyPrefixes.some((prefix) => mac.startsWith(prefix));
}
