import type { Ipv4Address } from "../wire/ipv4.ts";
import { subnetContains } from "../wire/subnet.ts";
import { acknowledge } from "./acknowledge.ts";
import type { OptionEntry } from "./boot-fields.ts";
import type { ClientContext } from "./client-context.ts";
import { echoedClientId } from "./configuration.ts";
import type { AckReason, DhcpDecision } from "./decision.ts";
import { isLive } from "./lease.ts";
import { MessageType, OptionCode } from "./options.ts";
import { type Claim, claimAddress, type Refusal } from "./pool.ts";
import { destinationOf, formReply } from "./reply.ts";
import type { DhcpRequest } from "./request.ts";
import { isForAnotherServer } from "./screen.ts";

/** The subnets of a client's link, its own first. */
export type LinkContexts = readonly [ClientContext, ...ClientContext[]];

/** The client's state as its REQUEST shows it (RFC 2131 §4.3.2, table 4). */
type RequestState = "selecting" | "init-reboot" | "renewing";

/** RFC 2131 §4.3.2, in every state a client can send a REQUEST in. */
export function decideRequest(request: DhcpRequest, contexts: LinkContexts): DhcpDecision {
  const { leases, now, site, settings } = contexts[0];
  const held = leases.offerOf(request.key);
  if (isForAnotherServer(request, site, settings.ownAddresses)) {
    if (held === undefined) return { kind: "ignore", reason: "other-server" };
    const changes = [{ kind: "withdraw", address: held.address } as const];
    return { kind: "record", reason: "other-server-chosen", changes };
  }
  const { ciaddr } = request.message;
  // The last arm is no RFC's: simple clients send nothing of the OFFER they take but its xid.
  const address =
    request.requested ??
    (ciaddr || undefined) ??
    (held && isLive(held, now) ? held.address : undefined);
  if (address === undefined) return { kind: "ignore", reason: "no-address" };
  const context = contextHolding(address, contexts);
  const state = stateOf(request);
  const claim = claimAddress(address, request, context);
  if (claim.kind === "refuse") return decideRefusal(claim.reason, state, request, context);
  if (claim.ground === "free" && state !== "selecting" && !isAuthoritative(context)) {
    return { kind: "ignore", reason: "unknown-lease" };
  }
  return acknowledge(address, AckReasons[state][claim.ground], request, context);
}

function contextHolding(address: Ipv4Address, contexts: LinkContexts): ClientContext {
  return contexts.find(({ scope }) => subnetContains(scope.subnet, address)) ?? contexts[0];
}

function isAuthoritative({ scope, settings }: ClientContext): boolean {
  return scope.authoritative ?? settings.authoritative;
}

function stateOf(request: DhcpRequest): RequestState {
  if (request.serverId !== undefined) return "selecting";
  return request.message.ciaddr === 0 ? "init-reboot" : "renewing";
}

type Ground = Extract<Claim, { kind: "grant" }>["ground"];

// `free` is nobody's address that the client says is its own: after a restart that lost the OFFER,
// or after the tables were lost, the only server of a link believes it.
const AckReasons: Readonly<Record<RequestState, Readonly<Record<Ground, AckReason>>>> = {
  selecting: { offer: "offer-accepted", lease: "lease-known", free: "offer-forgotten" },
  "init-reboot": { offer: "offer-accepted", lease: "lease-known", free: "lease-rebuilt" },
  renewing: { offer: "lease-renewed", lease: "lease-renewed", free: "lease-rebuilt" },
};

// A wrong NAK throws a machine off its network, so only what is sure is said: a wrong link, a lease
// of ours elsewhere, or anything to a client that chose us. The rest is for the link's only server
// to say.
function decideRefusal(
  reason: Refusal,
  state: RequestState,
  request: DhcpRequest,
  context: ClientContext,
): DhcpDecision {
  const sure = state === "selecting" || reason === "wrong-subnet" || reason === "lease-elsewhere";
  if (!sure && !isAuthoritative(context)) return { kind: "ignore", reason: "unknown-lease" };
  const type = MessageType.nak;
  const options: OptionEntry[] = [...echoedClientId(request, context)];
  options.push([OptionCode.message, Buffer.from(reason)]);
  // RFC 2131 §4.3.2: the client's address is wrong there, so the relay must broadcast.
  const broadcast = request.message.giaddr !== 0;
  const message = formReply(request, context.site, { type, options, broadcast });
  const reply = { message, to: destinationOf(message), maxBytes: request.maxBytes };
  return { kind: "reply", reason, reply, changes: [] };
}
