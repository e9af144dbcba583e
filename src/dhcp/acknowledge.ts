import type { Ipv4Address } from "../wire/ipv4.ts";
import { subnetContains } from "../wire/subnet.ts";
import type { ClientContext } from "./client-context.ts";
import { formGrant } from "./configuration.ts";
import type { AckReason, DhcpDecision, FindingChange } from "./decision.ts";
import { formLease } from "./grant.ts";
import { grantHostname, namesakeOf } from "./host-name-grant.ts";
import { readHostnameWish } from "./hostname.ts";
import { type Lease, type LeaseChange, leaseStateAt } from "./lease.ts";
import { conflictOver, nameRefused, nameTaken } from "./lease-findings.ts";
import { MessageType } from "./options.ts";
import type { DhcpRequest } from "./request.ts";

/** The ACK, and what becomes of the client's other lease, its offer and its name. */
export function acknowledge(
  address: Ipv4Address,
  reason: AckReason,
  request: DhcpRequest,
  context: ClientContext,
): DhcpDecision {
  const lease = formLease(address, request, context);
  const held = context.leases.offerOf(request.key);
  const namesake = namesakeOf(lease, context);
  const left = leftBehind(lease, context).map((other): LeaseChange => {
    return { kind: "lease", lease: { ...other, state: "released", expires: context.now } };
  });
  const changes: LeaseChange[] = [...left];
  if (namesake) changes.push({ kind: "lease", lease: withoutName(namesake) });
  changes.push({ kind: "lease", lease });
  if (held) changes.push({ kind: "withdraw", address: held.address });
  const findings = findingsOf(lease, request, { context, namesake });
  return {
    kind: "reply",
    reason,
    reply: formGrant(MessageType.ack, lease, request, context),
    changes,
    ...(findings.length > 0 && { findings }),
  };
}

// One machine holds one address of a link: with the new one it gives up the others.
function leftBehind(lease: Lease, { leases, link, now }: ClientContext): readonly Lease[] {
  const onLink = ({ address }: Lease) => link.some(({ subnet }) => subnetContains(subnet, address));
  return leases
    .leasesOf(lease.key)
    .filter((other) => leaseStateAt(other, now) === "bound")
    .filter((other) => other.address !== lease.address && onLink(other));
}

function withoutName({ hostname: _, ...lease }: Lease): Lease {
  return lease;
}

function findingsOf(
  lease: Lease,
  request: DhcpRequest,
  { context, namesake }: { context: ClientContext; namesake: Lease | undefined },
): readonly FindingChange[] {
  const findings: FindingChange[] = [];
  const before = context.leases.leaseAt(lease.address);
  if (before?.state === "declined") findings.push(conflictOver(lease));
  if (namesake) findings.push(nameTaken(lease, namesake));
  const { verdict } = grantHostname(request, context, before);
  const wish = readHostnameWish(request.message);
  const refused = verdict === "protected" || verdict === "reserved-for-another";
  if (refused && wish.kind === "name") findings.push(nameRefused(lease, wish.name, verdict));
  return findings;
}

/** A lease whose holder found the address in use: nobody gets it until the probation ends. */
export function decline(lease: Lease, until: number): DhcpDecision {
  const declined: Lease = { ...lease, state: "declined", expires: until };
  return { kind: "record", reason: "declined", changes: [{ kind: "lease", lease: declined }] };
}
