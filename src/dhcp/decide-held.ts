import { assertNever } from "../errors.ts";
import { decideDhcp } from "./decide.ts";
import type { DhcpDecision } from "./decision.ts";
import { leaseStateAt } from "./lease.ts";
import type { LiveMode } from "./mode.ts";
import { MessageType, OptionCode } from "./options.ts";
import type { DhcpContext } from "./pool.ts";
import type { DhcpRequest } from "./request.ts";
import { isForAnotherServer } from "./screen.ts";

/** What the address server does about a message in a mode; undefined leaves it to the proxy. */
export type AddressDecision =
  | DhcpDecision
  | { readonly kind: "ignore"; readonly reason: "probing" };

/**
 * The address server on a link in this mode: whole in `full`, absent in `proxy`. Between those, who
 * holds one of our leases renews, gives back or declines it and nobody is told anything new; while
 * it is open who serves the link, that is all.
 */
export function decideAddress(
  mode: LiveMode,
  request: DhcpRequest,
  context: DhcpContext,
): AddressDecision | undefined {
  switch (mode) {
    case "full":
      return decideDhcp(request, context);
    case "proxy":
      return undefined;
    case "hold":
      return decideHeld(request, context);
    case "probe":
      return decideHeld(request, context) ?? { kind: "ignore", reason: "probing" };
    default:
      return assertNever(mode);
  }
}

// Nothing is ever refused: another server may know better.
function decideHeld(request: DhcpRequest, context: DhcpContext): DhcpDecision | undefined {
  const isOurs = request.type === MessageType.request ? mayRenew : mayReturn;
  if (!isOurs(request, context)) return undefined;
  const decision = decideDhcp(request, context);
  if (decision.kind !== "reply") return decision;
  const type = decision.reply.message.options.get(OptionCode.messageType)?.[0];
  return type === MessageType.nak ? undefined : decision;
}

// Whose lease it is the whole server finds out: what a client is known by depends on its subnet.
function mayRenew(request: DhcpRequest, { leases, now, site, settings }: DhcpContext): boolean {
  if (isForAnotherServer(request, site, settings.ownAddresses)) return false;
  const lease = leases.leaseAt(request.requested ?? request.message.ciaddr);
  return lease !== undefined && leaseStateAt(lease, now) === "bound";
}

function mayReturn({ type }: DhcpRequest): boolean {
  return type === MessageType.release || type === MessageType.decline;
}
