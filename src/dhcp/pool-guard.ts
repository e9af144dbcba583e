import type { AdmissionLimits } from "./admission.ts";

/** How free addresses are looked after before a machine asks for one. */
export type PoolGuard = AdmissionLimits & {
  /** `arp` asks the link whether an address is in use; `off` relies on machines that decline. */
  readonly conflictProbe: "arp" | "off";
  /** Addresses asked about in a second while enough are known to be silent. */
  readonly probesPerSecond: number;
  /** With fewer than this known to be silent, a burst is asked about at each beat. */
  readonly probedReserve: number;
};

export const DefaultPoolGuard: PoolGuard = {
  conflictProbe: "arp",
  probesPerSecond: 1,
  probedReserve: 32,
  newMachinesPerMinute: 20,
  newMachinesPerPort: 64,
};
