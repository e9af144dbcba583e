import type { FastifyRequest } from "fastify";
import { identifyQuery } from "../boot/identify.ts";
import { anyAddress, type Ipv4Address, parseIpv4 } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import type { MachineDeps } from "./deps.ts";
import { queryOf } from "./url.ts";

/** Where a request came from: address and MAC as events carry them, each only if known. */
export type Peer = { readonly address?: Ipv4Address; readonly mac?: MacAddress };

/** The peer of a request: its MAC by its label, else by its address. */
export function peerOf(request: FastifyRequest, deps: Pick<MachineDeps, "machineAt">): Peer {
  const address = addressOf(request.raw.socket.remoteAddress);
  const label = identifyQuery(queryOf(request.raw.url ?? "")).identity.mac;
  const mac = label ?? (address === undefined ? undefined : deps.machineAt(address));
  return { ...(address === undefined ? {} : { address }), ...(mac ? { mac } : {}) };
}

/** Where the request found us; none behind a Unix socket. */
export function localAddressOf(request: FastifyRequest): Ipv4Address {
  return addressOf(request.raw.socket.localAddress) ?? anyAddress;
}

// Unix sockets have no address, and one that listens on IPv6 sees IPv4 peers as ::ffff:10.0.0.1.
function addressOf(text: string | undefined): Ipv4Address | undefined {
  const dotted = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/.exec(text ?? "")?.[1];
  return dotted === undefined ? undefined : parseIpv4(dotted);
}
