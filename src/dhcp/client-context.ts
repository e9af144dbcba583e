import { type ClientClassRule, classesOf, poolsFor } from "./client-class.ts";
import type { OptionLayer } from "./option-layer.ts";
import type { DhcpContext, PoolContext } from "./pool.ts";
import { bindingKey, type DhcpRequest, readRelayPort } from "./request.ts";
import { findReservation, type Reservation } from "./reservations.ts";
import type { DhcpScope } from "./settings.ts";

/** What a decision knows of the client's subnet and of the client on it. */
export type ClientContext = PoolContext & {
  /** The subnets of the client's link, its own first. */
  readonly link: readonly DhcpScope[];
  readonly reservation: Reservation | undefined;
  readonly classes: readonly ClientClassRule[];
  /** Operators' options, the weightiest first: reservation, classes, subnet, server. */
  readonly layers: readonly OptionLayer[];
};

/** The client as its subnet knows it: by that subnet's key, and at the port it was last seen at. */
export function knownAs(
  request: DhcpRequest,
  scope: DhcpScope,
  { leases, settings }: DhcpContext,
): DhcpRequest {
  const key = bindingKey(request, scope.identity ?? settings.identity);
  const { ciaddr } = request.message;
  const lease = request.relay === undefined && ciaddr !== 0 ? leases.leaseAt(ciaddr) : undefined;
  if (lease?.relayAgent === undefined || lease.key !== key) return { ...request, key };
  // RFC 3046 leaves renewals without option 82, so that classes and reservations by port ask the lease.
  return { ...request, key, relay: readRelayPort(Buffer.from(lease.relayAgent, "hex")) };
}

/** `scope` as this client sees it: its pools and whatever is set for it. */
export function contextOn(
  scope: DhcpScope,
  request: DhcpRequest,
  { link, context }: { link: readonly DhcpScope[]; context: DhcpContext },
): ClientContext {
  const { settings } = context;
  const reservation = findReservation(request, context.reservations);
  const classes = classesOf(request, reservation !== undefined, settings.classes ?? []);
  const layers = [
    reservation?.options,
    ...classes.map(({ options }) => options),
    scope.options,
    settings.options,
  ].filter((layer) => layer !== undefined);
  return { ...context, scope: poolsFor(scope, classes), link, reservation, classes, layers };
}
