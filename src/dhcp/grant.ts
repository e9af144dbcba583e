import type { Ipv4Address } from "../wire/ipv4.ts";
import { broadcastOf, subnetMask } from "../wire/subnet.ts";
import type { OptionEntry } from "./boot-fields.ts";
import { type Lease, leaseStateAt } from "./lease.ts";
import { OptionCode } from "./options.ts";
import { type PoolContext, reservationOf } from "./pool.ts";
import { addressBytes } from "./reply.ts";
import type { DhcpRequest } from "./request.ts";

/** The lease that this client gets with this address now. It never ends before one that runs already. */
export function formLease(address: Ipv4Address, request: DhcpRequest, context: PoolContext): Lease {
  const { leases, now, settings } = context;
  const { stage, identity } = request.client;
  const seconds =
    stage.kind === "operating-system" ? settings.leaseSeconds : settings.bootLeaseSeconds;
  const before = leases.leaseAt(address);
  const running = before?.key === request.key && leaseStateAt(before, now) === "bound";
  const hostname =
    reservationOf(request, context.reservations)?.hostname ??
    identity.hostname ??
    (before?.key === request.key ? before.hostname : undefined);
  return {
    address,
    key: request.key,
    state: "bound",
    expires: Math.max(now + seconds * 1000, running ? before.expires : 0),
    relayed: request.message.giaddr !== 0 || (running && before.relayed),
    ...(identity.mac && { mac: identity.mac }),
    ...(identity.uuid && { uuid: identity.uuid }),
    ...(hostname !== undefined && { hostname }),
  };
}

/** Options 51, 58 and 59: for OFFER and ACK, never for INFORM (RFC 2131 table 3). */
export function timeOptions(lease: Lease, now: number): readonly OptionEntry[] {
  const seconds = Math.floor((lease.expires - now) / 1000);
  return [
    [OptionCode.leaseTime, numberBytes(seconds)],
    [OptionCode.renewalTime, numberBytes(Math.floor(seconds * 0.5))],
    [OptionCode.rebindingTime, numberBytes(Math.floor(seconds * 0.875))],
  ];
}

/**
 * What the link's configuration says, for the client's parameter list: those listed, in the client's
 * order, but the mask before the router (RFC 2132 §3.3) and both whether listed or not, as a client
 * without them is deaf; all of them when there is no list.
 */
export function linkOptions(request: DhcpRequest, context: PoolContext): readonly OptionEntry[] {
  const { scope } = context;
  const hostname = reservationOf(request, context.reservations)?.hostname;
  const known = new Map<number, Uint8Array>([
    [OptionCode.subnetMask, addressBytes(subnetMask(scope.subnet))],
  ]);
  if (scope.router !== undefined) known.set(OptionCode.router, addressBytes(scope.router));
  if (scope.dns.length > 0) known.set(OptionCode.dnsServers, addressBytes(...scope.dns));
  if (hostname !== undefined) known.set(OptionCode.hostName, Buffer.from(hostname));
  if (scope.domain !== undefined) known.set(OptionCode.domainName, Buffer.from(scope.domain));
  known.set(OptionCode.broadcastAddress, addressBytes(broadcastOf(scope.subnet)));
  const listed = request.wanted.length > 0 ? request.wanted : [...known.keys()];
  const codes = new Set([OptionCode.subnetMask, ...listed, OptionCode.router]);
  return [...codes].flatMap((code) => {
    const value = known.get(code);
    return value === undefined ? [] : [[code, value] as const];
  });
}

function numberBytes(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(Math.min(value, 0xffff_ffff));
  return bytes;
}
