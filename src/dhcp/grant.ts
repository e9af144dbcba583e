import type { Ipv4Address } from "../wire/ipv4.ts";
import type { OptionEntry } from "./boot-fields.ts";
import type { ClientContext } from "./client-context.ts";
import { grantHostname } from "./host-name-grant.ts";
import { type Lease, leaseStateAt } from "./lease.ts";
import { leaseSecondsFor } from "./lease-time.ts";
import { OptionCode } from "./options.ts";
import type { DhcpRequest } from "./request.ts";

/** The lease that this client gets with this address. It never ends before one that runs. */
export function formLease(
  address: Ipv4Address,
  request: DhcpRequest,
  context: ClientContext,
): Lease {
  const { leases, now } = context;
  const { identity } = request.client;
  const before = leases.leaseAt(address);
  const running = before?.key === request.key && leaseStateAt(before, now) === "bound";
  const { hostname } = grantHostname(request, context, before);
  const agent = request.message.options.get(OptionCode.relayAgent);
  const relayAgent = agent ? Buffer.from(agent).toString("hex") : running && before.relayAgent;
  return {
    address,
    key: request.key,
    state: "bound",
    expires: Math.max(now + leaseSecondsFor(request, context) * 1000, running ? before.expires : 0),
    relayed: request.message.giaddr !== 0 || (running && before.relayed),
    ...(identity.mac && { mac: identity.mac }),
    ...(identity.uuid && { uuid: identity.uuid }),
    ...(hostname !== undefined && { hostname }),
    ...(relayAgent && { relayAgent }),
    ...(request.clientId !== undefined && { clientId: request.clientId }),
  };
}

/**
 * Options 51, 58 and 59: for OFFER and ACK, never for INFORM (RFC 2131 table 3). `early` is the part
 * of T1 and T2 by which the client is to come sooner.
 */
export function timeOptions(lease: Lease, now: number, early = 0): readonly OptionEntry[] {
  const seconds = Math.floor((lease.expires - now) / 1000);
  const share = (part: number) => numberBytes(Math.floor(seconds * part * (1 - early)));
  return [
    [OptionCode.leaseTime, numberBytes(seconds)],
    [OptionCode.renewalTime, share(0.5)],
    [OptionCode.rebindingTime, share(0.875)],
  ];
}

function numberBytes(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(Math.min(value, 0xffff_ffff));
  return bytes;
}
