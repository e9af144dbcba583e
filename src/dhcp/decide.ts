import { assertNever } from "../errors.ts";
import type { Ipv4Address } from "../wire/ipv4.ts";
import { subnetContains } from "../wire/subnet.ts";
import { bootFields, type OptionEntry } from "./boot-fields.ts";
import { clientQuirks, fullForm } from "./boot-form.ts";
import { formLease, linkOptions, timeOptions } from "./grant.ts";
import { isLive, type Lease, type LeaseChange, leaseStateAt } from "./lease.ts";
import { MessageType, OptionCode } from "./options.ts";
import {
  type Claim,
  chooseAddress,
  claimAddress,
  type DhcpContext,
  type PoolContext,
  type Refusal,
  type Shortage,
} from "./pool.ts";
import { type DhcpReply, destinationOf, formReply } from "./reply.ts";
import type { DhcpRequest } from "./request.ts";
import { isForAnotherServer, type ScreenReason, screenRequest } from "./screen.ts";
import type { DhcpScope } from "./settings.ts";

/** What to do about one message. `changes` are kept before `reply` is sent. */
export type DhcpDecision =
  | {
      readonly kind: "reply";
      readonly reason: ReplyReason;
      readonly reply: DhcpReply;
      readonly changes: readonly LeaseChange[];
    }
  | {
      /** The tables change and nobody is told: RFC 2131 has no answer to this message. */
      readonly kind: "record";
      readonly reason: RecordReason;
      readonly changes: readonly LeaseChange[];
    }
  | { readonly kind: "ignore"; readonly reason: IgnoreReason };

type ReplyReason = OfferReason | AckReason | Refusal | "informed";
type OfferReason = "reservation" | "lease" | "requested" | "pool";
type AckReason =
  | "offer-accepted"
  | "offer-forgotten"
  | "lease-known"
  | "lease-renewed"
  | "lease-rebuilt";
type RecordReason = "released" | "declined" | "other-server-chosen";
/** Why the address server has nothing to say. */
export type IgnoreReason =
  | ScreenReason
  | "unknown-subnet"
  | Shortage
  | "other-server"
  | "unknown-lease"
  | "not-the-holder"
  | "no-address"
  | "wrong-subnet"
  | "not-for-servers";

/** The address server of RFC 2131 §4.3. Never throws for what a client sent. */
export function decideDhcp(request: DhcpRequest, context: DhcpContext): DhcpDecision {
  const screened = screenRequest(request, context.site, context.settings.disabled);
  if (screened !== undefined) return { kind: "ignore", reason: screened };
  const scope = scopeOf(request, context);
  if (scope === undefined) return { kind: "ignore", reason: "unknown-subnet" };
  const here: PoolContext = { ...context, scope };
  switch (request.type) {
    case MessageType.discover:
      return decideDiscover(request, here);
    case MessageType.request:
      return decideRequest(request, here);
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

// RFC 3527 §2: the relay's word on the link, then its address, then the link it was heard on.
function scopeOf(request: DhcpRequest, context: DhcpContext): DhcpScope | undefined {
  const { ciaddr, giaddr } = request.message;
  const { scopes } = context.settings;
  const holding = (address: Ipv4Address) =>
    scopes.find((scope) => subnetContains(scope.subnet, address));
  if (giaddr !== 0) return holding(request.linkSelection ?? giaddr);
  // A relayed client renews without its relay, and the message comes in by any interface.
  const lease = context.leases.leaseAt(ciaddr);
  if (lease?.relayed && lease.key === request.key) return holding(ciaddr);
  return holding(context.site.server);
}

function decideDiscover(request: DhcpRequest, context: PoolContext): DhcpDecision {
  const choice = chooseAddress(request, context);
  if (choice.kind === "none") return { kind: "ignore", reason: choice.reason };
  const { address } = choice;
  const { now } = context;
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

function offerSeconds({ client }: DhcpRequest, { settings }: PoolContext): number {
  const provisional = clientQuirks(client, settings).effects.has("provisional-offer");
  return provisional ? Math.max(provisionalSeconds, settings.offerSeconds) : settings.offerSeconds;
}

/** The client's state as its REQUEST shows it (RFC 2131 §4.3.2, table 4). */
type RequestState = "selecting" | "init-reboot" | "renewing";

function decideRequest(request: DhcpRequest, context: PoolContext): DhcpDecision {
  const { leases, now, site } = context;
  const held = leases.offerOf(request.key);
  if (isForAnotherServer(request, site)) {
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
  const state = stateOf(request);
  const claim = claimAddress(address, request, context);
  if (claim.kind === "refuse") return decideRefusal(claim.reason, state, request, context);
  if (claim.ground === "free" && state !== "selecting" && !context.settings.authoritative) {
    return { kind: "ignore", reason: "unknown-lease" };
  }
  return acknowledge(address, AckReasons[state][claim.ground], request, context);
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

function acknowledge(
  address: Ipv4Address,
  reason: AckReason,
  request: DhcpRequest,
  context: PoolContext,
): DhcpDecision {
  const lease = formLease(address, request, context);
  const held = context.leases.offerOf(request.key);
  const left: LeaseChange[] = leftBehind(lease, context).map((other) => ({
    kind: "lease",
    lease: { ...other, state: "released", expires: context.now },
  }));
  const withdrawn: LeaseChange[] = held ? [{ kind: "withdraw", address: held.address }] : [];
  return {
    kind: "reply",
    reason,
    reply: formGrant(MessageType.ack, lease, request, context),
    changes: [...left, { kind: "lease", lease }, ...withdrawn],
  };
}

// One machine holds one address of a subnet: with the new one it gives up the others.
function leftBehind(lease: Lease, { leases, scope, now }: PoolContext): readonly Lease[] {
  const bound = leases.leasesOf(lease.key).filter((other) => leaseStateAt(other, now) === "bound");
  return bound.filter(
    (other) => other.address !== lease.address && subnetContains(scope.subnet, other.address),
  );
}

// A wrong NAK throws a machine off its network, so only what is sure is said: a wrong link, a lease
// of ours elsewhere, or anything to a client that chose us. The rest is for the link's only server
// to say.
function decideRefusal(
  reason: Refusal,
  state: RequestState,
  request: DhcpRequest,
  context: PoolContext,
): DhcpDecision {
  const sure = state === "selecting" || reason === "wrong-subnet" || reason === "lease-elsewhere";
  if (!sure && !context.settings.authoritative) return { kind: "ignore", reason: "unknown-lease" };
  const type = MessageType.nak;
  const options: OptionEntry[] = [...echoedClientId(request, context)];
  options.push([OptionCode.message, Buffer.from(reason)]);
  // RFC 2131 §4.3.2: the client's address is wrong there, so the relay must broadcast.
  const broadcast = request.message.giaddr !== 0;
  const message = formReply(request, context.site, { type, options, broadcast });
  const reply = { message, to: destinationOf(message), maxBytes: request.maxBytes };
  return { kind: "reply", reason, reply, changes: [] };
}

function decideDecline(request: DhcpRequest, context: PoolContext): DhcpDecision {
  const { leases, now, settings, site } = context;
  if (isForAnotherServer(request, site)) return { kind: "ignore", reason: "other-server" };
  const address = request.requested;
  if (address === undefined) return { kind: "ignore", reason: "no-address" };
  const lease = leases.leaseAt(address);
  if (lease?.key !== request.key || leaseStateAt(lease, now) !== "bound") {
    return { kind: "ignore", reason: "not-the-holder" };
  }
  const expires = now + settings.declineSeconds * 1000;
  const declined: Lease = { ...lease, state: "declined", expires };
  return { kind: "record", reason: "declined", changes: [{ kind: "lease", lease: declined }] };
}

function decideRelease(request: DhcpRequest, context: PoolContext): DhcpDecision {
  const { leases, now, site } = context;
  if (isForAnotherServer(request, site)) return { kind: "ignore", reason: "other-server" };
  const lease = leases.leaseAt(request.message.ciaddr);
  if (lease?.key !== request.key || leaseStateAt(lease, now) !== "bound") {
    return { kind: "ignore", reason: "not-the-holder" };
  }
  // Kept as the client's previous lease: it gets the same address when it comes back.
  const released: Lease = { ...lease, state: "released", expires: now };
  return { kind: "record", reason: "released", changes: [{ kind: "lease", lease: released }] };
}

// RFC 2131 §4.3.5: parameters only; no lease is made, checked or timed.
function decideInform(request: DhcpRequest, context: PoolContext): DhcpDecision {
  const { ciaddr } = request.message;
  if (ciaddr === 0) return { kind: "ignore", reason: "no-address" };
  if (!subnetContains(context.scope.subnet, ciaddr)) {
    return { kind: "ignore", reason: "wrong-subnet" };
  }
  const reply = formConfiguration({ type: MessageType.ack, times: [] }, request, context);
  return { kind: "reply", reason: "informed", reply, changes: [] };
}

function formGrant(
  type: MessageType,
  lease: Lease,
  request: DhcpRequest,
  context: PoolContext,
): DhcpReply {
  const times = timeOptions(lease, context.now);
  return formConfiguration({ type, yiaddr: lease.address, times }, request, context);
}

// iPXE waits 2 s for a proxyDHCP server unless it is told that there is none (175.176 = 1).
const noProxy = Buffer.of(0xb0, 1, 1);

function formConfiguration(
  parts: { type: MessageType; yiaddr?: Ipv4Address; times: readonly OptionEntry[] },
  request: DhcpRequest,
  context: PoolContext,
): DhcpReply {
  const { type, times, ...addressed } = parts;
  const { client } = request;
  const found = bootFields(client, context.site, fullForm(client, context.settings));
  const boot = found.kind === "boot" ? found : undefined;
  const options: OptionEntry[] = [...times, ...linkOptions(request, context)];
  options.push(...echoedClientId(request, context));
  if (client.stage.kind === "ipxe") options.push([OptionCode.ipxe, noProxy]);
  const message = formReply(request, context.site, { type, ...addressed, boot, options });
  return { message, to: destinationOf(message), maxBytes: request.maxBytes };
}

// RFC 6842 §3: echoed in every reply, NAK too.
function echoedClientId(request: DhcpRequest, { settings }: PoolContext): readonly OptionEntry[] {
  if (clientQuirks(request.client, settings).effects.has("no-client-id-echo")) return [];
  const value = request.message.options.get(OptionCode.clientId);
  return value === undefined ? [] : [[OptionCode.clientId, value]];
}
