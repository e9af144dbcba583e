import type { ClientContext } from "./client-context.ts";
import type { DhcpDecision } from "./decision.ts";
import { linkOptions } from "./link-options.ts";
import { MessageType, OptionCode } from "./options.ts";
import { destinationOf, formReply } from "./reply.ts";
import type { DhcpRequest } from "./request.ts";

/** RFC 1542 §2.1: a BOOTP message, its 64 bytes of vendor area included. */
const bootpBytes = 300;

/**
 * A client of RFC 951 gets its reservation, for ever, as it will never renew: no lease is made, and
 * none of RFC 2131's options are said (RFC 1534 §2).
 */
export function decideBootp(request: DhcpRequest, context: ClientContext): DhcpDecision {
  const yiaddr = context.reservation?.address;
  if (yiaddr === undefined) return { kind: "ignore", reason: "no-reservation" };
  const options = linkOptions(request, context);
  const formed = formReply(request, context.site, { type: MessageType.ack, yiaddr, options });
  const dhcpOnly: readonly number[] = [OptionCode.messageType, OptionCode.serverId];
  const kept = [...formed.options].filter(([code]) => !dhcpOnly.includes(code));
  const message = { ...formed, options: new Map(kept) };
  const reply = { message, to: destinationOf(message), maxBytes: bootpBytes };
  return { kind: "reply", reason: "bootp", reply, changes: [] };
}
