import type { Finding, FindingSink } from "../boot/finding.ts";
import type { MachineIdentity } from "../boot/machine.ts";
import type { MacAddress } from "../wire/mac.ts";
import { type Uuid, uuidFromBytes, uuidToBytes } from "../wire/uuid.ts";

/** The boards that one MAC was seen in: a copied virtual machine has the other's, and they fight. */
export type Sighting = {
  readonly uuid: Uuid;
  readonly before?: Uuid;
  /** When it changed from that to this. */
  readonly changedAt?: number;
  /** It was told that there are two. */
  readonly isTold: boolean;
};

/** A card moves to another board once; so soon again it was not moved. */
const oneMoveMs = 24 * 3_600_000;
/** Machines remembered at a time; a flood of made-up ones pushes out the oldest. */
const sightingLimit = 4096;

/** After a message of this MAC that holds the board's UUID. */
export function afterSighting(seen: Sighting | undefined, uuid: Uuid, now: number): Sighting {
  if (seen === undefined) return { uuid, isTold: false };
  const { changedAt = Number.NEGATIVE_INFINITY } = seen;
  const isSoon = now - changedAt <= oneMoveMs;
  if (isSameBoard(seen.uuid, uuid)) return { ...seen, isTold: seen.isTold && isSoon };
  return { uuid, before: seen.uuid, changedAt: now, isTold: isSoon };
}

// Some programs send the first three fields in the other order of bytes than the firmware before them.
function isSameBoard(one: Uuid, other: Uuid): boolean {
  return one === other || uuidFromBytes(uuidToBytes(one)) === other;
}

/** Says so when two machines have one MAC: known by it, they are given one address. */
export class CloneWatch {
  readonly #seen = new Map<MacAddress, Sighting>();
  readonly #findings: FindingSink;

  constructor(findings: FindingSink) {
    this.#findings = findings;
  }

  saw({ mac, uuid }: Pick<MachineIdentity, "mac" | "uuid">, now: number): void {
    if (mac === undefined || uuid === undefined) return;
    const before = this.#seen.get(mac);
    const after = afterSighting(before, uuid, now);
    this.#seen.delete(mac);
    this.#seen.set(mac, after); // at the end: a Map keeps its order
    if (after.isTold) this.#findings.raise(describeClone(mac, after));
    else if (before?.isTold) this.#forget(mac);
    const [oldest] = this.#seen.keys();
    if (this.#seen.size <= sightingLimit || oldest === undefined) return;
    if (this.#seen.get(oldest)?.isTold) this.#forget(oldest);
    this.#seen.delete(oldest);
  }

  #forget(mac: MacAddress): void {
    this.#findings.clear({ code: "dhcp.cloned-mac", subject: mac });
  }
}

function describeClone(mac: MacAddress, { uuid, before }: Sighting): Finding {
  return {
    code: "dhcp.cloned-mac",
    severity: "warning",
    sentence: `two machines have the MAC ${mac}: one with the UUID ${uuid}, one with ${before}`,
    cure: "give one of them another MAC, as a copy of a virtual machine needs; till then both get one address",
    subject: mac,
    mac,
  };
}
