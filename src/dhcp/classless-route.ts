import { anyAddress, type Ipv4Address, parseIpv4 } from "../wire/ipv4.ts";
import { parseSubnet, type Subnet } from "../wire/subnet.ts";

/** A route of option 121; a router of 0.0.0.0 means that the subnet is on the link itself. */
export type StaticRoute = { readonly to: Subnet; readonly via: Ipv4Address };

/** `10.0.0.0/8 via 10.77.0.254`, `default via 10.77.0.1` or `10.1.0.0/16 on-link`. */
export function parseRoute(text: string): StaticRoute {
  const match = /^(\S+)\s+(?:via\s+(\S+)|(on-link))$/.exec(text.trim());
  if (match === null) {
    throw new RangeError(`want a route like "10.0.0.0/8 via 10.0.0.1", got "${text}"`);
  }
  const [, to = "", via, onLink] = match;
  return {
    to: parseSubnet(to === "default" ? "0.0.0.0/0" : to),
    via: onLink === undefined ? parseIpv4(via ?? "") : anyAddress,
  };
}

/** RFC 3442: the prefix's width, its significant octets only, then the router. */
export function formatRoutes(routes: readonly StaticRoute[]): Uint8Array {
  return Buffer.concat(routes.map(formatRoute));
}

function formatRoute({ to, via }: StaticRoute): Uint8Array {
  const network = Buffer.alloc(4);
  network.writeUInt32BE(to.network);
  const router = Buffer.alloc(4);
  router.writeUInt32BE(via);
  const significant = Math.ceil(to.prefix / 8);
  return Buffer.concat([Buffer.of(to.prefix), network.subarray(0, significant), router]);
}

/**
 * The same routes and one by the subnet's router where they have no default: RFC 3442 makes a client
 * that is given option 121 deaf to option 3, and would leave it without a way out.
 */
export function withDefaultRoute(value: Uint8Array, router: Uint8Array | undefined): Uint8Array {
  const gateway = router?.subarray(0, 4);
  if (gateway?.length !== 4 || hasDefault(value)) return value;
  return Buffer.concat([value, Buffer.of(0), gateway]);
}

// The value is an operator's, perhaps raw bytes: what does not fit the form ends the walk.
function hasDefault(value: Uint8Array): boolean {
  for (let at = 0; at < value.length; ) {
    const prefix = value[at] ?? 0;
    if (prefix === 0) return true;
    at += 1 + Math.ceil(prefix / 8) + 4;
  }
  return false;
}
