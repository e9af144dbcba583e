import type { FastifyRequest } from "fastify";
import { identifyQuery } from "../boot/identify.ts";
import { type IpAddress, parseIp } from "../wire/ip.ts";
import { anyAddress } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import type { MachineDeps } from "./deps.ts";
import { queryOf } from "./url.ts";

/** Where a request came from: address and MAC as events carry them, each only if known. */
export type Peer = { readonly address?: IpAddress; readonly mac?: MacAddress };

/** The peer of a request: its MAC by its label, else by its address. */
export function peerOf(request: FastifyRequest, deps: Pick<MachineDeps, "machineAt">): Peer {
  const address = addressOf(request.raw.socket.remoteAddress);
  const label = identifyQuery(queryOf(request.raw.url ?? "")).identity.mac;
  const mac = label ?? (address === undefined ? undefined : deps.machineAt(address));
  return { ...(address === undefined ? {} : { address }), ...(mac ? { mac } : {}) };
}

/** Where the request found us; none behind a Unix socket. */
export function localAddressOf(request: FastifyRequest): IpAddress {
  return addressOf(request.raw.socket.localAddress) ?? anyAddress;
}

// Unix sockets have no address, one that listens on IPv6 sees IPv4 peers as ::ffff:10.0.0.1, and a
// link-local peer has the zone of its interface behind it.
function addressOf(text: string | undefined): IpAddress | undefined {
  return text === undefined ? undefined : parseIp(text.replace(/^::ffff:(?=.*\.)|%.*$/g, ""));
}
