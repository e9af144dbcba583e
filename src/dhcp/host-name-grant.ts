import type { ClientContext } from "./client-context.ts";
import { readHostnameWish } from "./hostname.ts";
import { type Lease, leaseStateAt } from "./lease.ts";
import type { DhcpRequest } from "./request.ts";

/** The name that goes with a lease, and what became of the one that was asked for. */
export type HostnameGrant = {
  readonly hostname?: string;
  readonly verdict: "given" | "kept" | "none" | "protected" | "reserved-for-another";
};

/**
 * The reservation's name, else the client's where nobody holds it by right, else the one it had:
 * firmware sends none, and the machine keeps what its system told.
 */
export function grantHostname(
  request: DhcpRequest,
  context: ClientContext,
  before: Lease | undefined,
): HostnameGrant {
  const { reservation, reservations, settings } = context;
  if (reservation?.hostname !== undefined) {
    return { hostname: reservation.hostname, verdict: "given" };
  }
  const wish = readHostnameWish(request.message);
  if (wish.kind === "no-record") return { verdict: "none" };
  if (wish.kind === "name") {
    if (settings.protectedNames?.has(wish.name)) return { verdict: "protected" };
    // The client is not the row's machine: that one got its name above.
    if (reservations.byHostname.has(wish.name)) return { verdict: "reserved-for-another" };
    return { hostname: wish.name, verdict: "given" };
  }
  if (before?.hostname === undefined || before.key !== request.key) return { verdict: "none" };
  return { hostname: before.hostname, verdict: "kept" };
}

/** The running lease of another machine that has this lease's name, which loses it: the last one to ask has it. */
export function namesakeOf(lease: Lease, { leases, now }: ClientContext): Lease | undefined {
  const { hostname } = lease;
  const other = hostname === undefined ? undefined : leases.leaseNamed(hostname);
  if (other === undefined || other.key === lease.key) return undefined;
  return leaseStateAt(other, now) === "bound" ? other : undefined;
}
