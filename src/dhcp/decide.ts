import { assertNever } from "../errors.ts";
import { subnetContains } from "../wire/subnet.ts";
import { acknowledge, decline } from "./acknowledge.ts";
import { clientQuirks } from "./boot-form.ts";
import { type ClientContext, contextOn, knownAs } from "./client-context.ts";
import { formGrant, formInformed } from "./configuration.ts";
import { decideBootp } from "./decide-bootp.ts";
import { decideRequest, type LinkContexts } from "./decide-request.ts";
import type { DhcpDecision } from "./decision.ts";
import { formLease } from "./grant.ts";
import { type Lease, leaseStateAt } from "./lease.ts";
import { MessageType, OptionCode } from "./options.ts";
import { type Choice, chooseAddress, type DhcpContext } from "./pool.ts";
import type { DhcpRequest } from "./request.ts";
import { isForAnotherServer, type ScreenReason, screenRequest } from "./screen.ts";
import { chooseLink } from "./subnet-choice.ts";

/** The address server of RFC 2131 §4.3. Never throws for what a client sent. */
export function decideDhcp(request: DhcpRequest, context: DhcpContext): DhcpDecision {
  const screened = screen(request, context);
  if (screened !== undefined) return { kind: "ignore", reason: screened };
  const choice = chooseLink(request, context);
  if (choice.kind === "none") return { kind: "ignore", reason: choice.reason };
  const [scope, ...shared] = choice.scopes;
  const client = knownAs(request, scope, context);
  const on = (one: typeof scope) => contextOn(one, client, { link: choice.scopes, context });
  return decideKnown(client, [on(scope), ...shared.map(on)]);
}

function screen(request: DhcpRequest, { site, settings }: DhcpContext): ScreenReason | undefined {
  // A BOOTP client is heard where the operator says so; the rest is as for any other.
  const { bootp, ...plain } = request;
  if (settings.ownAddresses?.has(request.message.giaddr)) return "relay-loop";
  return screenRequest(bootp && settings.bootp ? plain : request, site, settings.disabled);
}

function decideKnown(request: DhcpRequest, contexts: LinkContexts): DhcpDecision {
  const [here] = contexts;
  if (request.bootp) return decideBootp(request, here);
  switch (request.type) {
    case MessageType.discover:
      return decideDiscover(request, contexts);
    case MessageType.request:
      return decideRequest(request, contexts);
    case MessageType.decline:
      return decideDecline(request, here);
    case MessageType.release:
      return decideRelease(request, here);
    case MessageType.inform:
      return decideInform(request, here);
    case MessageType.offer:
    case MessageType.ack:
    case MessageType.nak:
      return { kind: "ignore", reason: "not-for-servers" };
    default:
      return assertNever(request.type);
  }
}

function decideDiscover(request: DhcpRequest, contexts: LinkContexts): DhcpDecision {
  const { choice, context } = chooseOnLink(request, contexts);
  if (choice.kind === "none") return { kind: "ignore", reason: choice.reason };
  const { address } = choice;
  const { now, settings, scope } = context;
  const committing = request.message.options.has(OptionCode.rapidCommit);
  if (committing && (scope.rapidCommit ?? settings.rapidCommit)) {
    return acknowledge(address, "rapid-commit", request, context);
  }
  const lease = formLease(address, request, context);
  const expires = now + offerSeconds(request, context) * 1000;
  const offer = { address, key: request.key, since: now, expires };
  return {
    kind: "reply",
    reason: choice.reason,
    reply: formGrant(MessageType.offer, lease, request, context),
    changes: [{ kind: "offer", offer }],
  };
}

/** A ROM that uses its offer and sends no REQUEST has started its system after so long. */
const provisionalSeconds = 600;

function offerSeconds({ client }: DhcpRequest, { settings }: ClientContext): number {
  const provisional = clientQuirks(client, settings).effects.has("provisional-offer");
  return provisional ? Math.max(provisionalSeconds, settings.offerSeconds) : settings.offerSeconds;
}

// On a link of several subnets an address that is the client's own in one of them goes before any
// free one in another.
function chooseOnLink(
  request: DhcpRequest,
  contexts: LinkContexts,
): { readonly choice: Choice; readonly context: ClientContext } {
  let best: { readonly choice: Choice; readonly context: ClientContext } | undefined;
  for (const context of contexts) {
    const choice = chooseAddress(request, context);
    if (best === undefined || rank(choice) < rank(best.choice)) best = { choice, context };
    if (rank(choice) === 0) break;
  }
  // proven: `contexts` has a first, and it is better than nothing
  return best as NonNullable<typeof best>;
}

function rank(choice: Choice): number {
  if (choice.kind === "none") return 4;
  return { reservation: 0, lease: 1, requested: 2, pool: 3 }[choice.reason];
}

/** A declined reservation is tried again soon: its machine has no other address to go to. */
const reservedProbationMs = 600_000;

function decideDecline(request: DhcpRequest, context: ClientContext): DhcpDecision {
  const { leases, now, settings, site, reservations } = context;
  if (isForAnotherServer(request, site, settings.ownAddresses)) {
    return { kind: "ignore", reason: "other-server" };
  }
  const address = request.requested;
  if (address === undefined) return { kind: "ignore", reason: "no-address" };
  const lease = ownLease(leases.leaseAt(address), request, now);
  if (lease === undefined) return { kind: "ignore", reason: "not-the-holder" };
  const probation = settings.declineSeconds * 1000;
  const reserved = reservations.byAddress.has(address);
  return decline(lease, now + (reserved ? Math.min(probation, reservedProbationMs) : probation));
}

function decideRelease(request: DhcpRequest, context: ClientContext): DhcpDecision {
  const { leases, now, settings, site } = context;
  if (isForAnotherServer(request, site, settings.ownAddresses)) {
    return { kind: "ignore", reason: "other-server" };
  }
  const lease = ownLease(leases.leaseAt(request.message.ciaddr), request, now);
  if (lease === undefined) return { kind: "ignore", reason: "not-the-holder" };
  // Kept as the client's previous lease: it gets the same address when it comes back.
  const released: Lease = { ...lease, state: "released", expires: now };
  return { kind: "record", reason: "released", changes: [{ kind: "lease", lease: released }] };
}

// RFC 2131 §4.3.3 and §4.3.4 believe anybody; only the holder may give its address away.
function ownLease(lease: Lease | undefined, { key }: DhcpRequest, now: number): Lease | undefined {
  return lease?.key === key && leaseStateAt(lease, now) === "bound" ? lease : undefined;
}

// RFC 2131 §4.3.5: parameters only; no lease is made, checked or timed.
function decideInform(request: DhcpRequest, context: ClientContext): DhcpDecision {
  const { ciaddr } = request.message;
  if (ciaddr === 0) return { kind: "ignore", reason: "no-address" };
  if (!context.link.some(({ subnet }) => subnetContains(subnet, ciaddr))) {
    return { kind: "ignore", reason: "wrong-subnet" };
  }
  const reply = formInformed(request, context);
  return { kind: "reply", reason: "informed", reply, changes: [] };
}
