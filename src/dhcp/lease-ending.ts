import { formatIpv4 } from "../wire/ipv4.ts";
import { isLive, type Lease, leaseStateAt } from "./lease.ts";
import type { Refused, RefusedReason } from "./reservation-keeping.ts";

/** What an operator does to a lease: ends a machine's, or lets a declined address be given again. */
export type LeaseAct = "release" | "forget";

export type EndDecision =
  | Refused
  | { readonly kind: "ended"; readonly lease: Lease; readonly notes: readonly string[] };

/** The lease as it is afterwards; it stays as a memory of who had the address (RFC 2131 §4.3.4). */
export function decideEnd(
  act: LeaseAct,
  word: string,
  { leases, now }: { readonly leases: readonly Lease[]; readonly now: number },
): EndDecision {
  const wanted = word.toLowerCase();
  const meant = leases.filter(({ address, mac, hostname }) => {
    return formatIpv4(address) === wanted || mac === wanted || hostname === wanted;
  });
  if (meant.length === 0) {
    return refuse("no-lease", `${word} has no lease; kindling dhcp leases shows those that are`);
  }
  const fits = meant.find((lease) => isFit(act, lease, now));
  if (fits === undefined)
    return refuseState(
      act,
      word,
      meant.map((it) => leaseStateAt(it, now)),
    );
  const lease = { ...fits, state: "released", expires: Math.min(fits.expires, now) } as const;
  const notes =
    act === "release"
      ? ["nobody can tell the machine: it may use the address until it would have renewed it"]
      : ["if somebody still answers there, the next probe sets it aside again"];
  return { kind: "ended", lease, notes };
}

function isFit(act: LeaseAct, lease: Lease, now: number): boolean {
  if (act === "forget") return lease.state === "declined";
  return lease.state === "bound" && isLive(lease, now);
}

function refuseState(act: LeaseAct, word: string, states: readonly string[]): Refused {
  const got = states.join(", ");
  return act === "release"
    ? refuse("not-running", `want a lease that runs, ${word} is ${got}; nothing is to be done`)
    : refuse(
        "not-declined",
        `want an address that was declined, ${word} is ${got}; release it instead`,
      );
}

function refuse(reason: RefusedReason, message: string): Refused {
  return { kind: "refused", reason, message };
}
