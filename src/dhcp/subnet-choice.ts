import type { Ipv4Address } from "../wire/ipv4.ts";
import { subnetContains } from "../wire/subnet.ts";
import { MessageType } from "./options.ts";
import type { DhcpContext } from "./pool.ts";
import { bindingKey, type DhcpRequest } from "./request.ts";
import type { DhcpScope, DhcpSite } from "./settings.ts";

/** Where a client is: its subnet first, then those that share the link with it. */
export type LinkChoice =
  | { readonly kind: "link"; readonly scopes: readonly [DhcpScope, ...DhcpScope[]] }
  | { readonly kind: "none"; readonly reason: "unknown-subnet" | "unknown-lease" };

/**
 * The relay's word on the link (RFC 3527), the client's (RFC 3011), the relay's own address, the
 * client's, then the link that the message was heard on.
 */
export function chooseLink(request: DhcpRequest, context: DhcpContext): LinkChoice {
  const { scopes } = context.settings;
  const { ciaddr, giaddr } = request.message;
  const holding = (address: Ipv4Address) =>
    scopes.find((scope) => subnetContains(scope.subnet, address));
  const told = request.linkSelection ?? (giaddr || undefined);
  if (told !== undefined) return linkOf(holding(told), scopes);
  const local = scopes.filter((scope) => isOnLink(scope, context.site));
  const [first] = local;
  const own = first && local.find((scope) => subnetContains(scope.subnet, ciaddr));
  const remote = ciaddr === 0 || own ? undefined : holding(ciaddr);
  if (remote && request.type === MessageType.inform) return linkOf(remote, scopes);
  if (remote === undefined) return linkOf(own ?? first, scopes);
  // A relayed client renews and releases without its relay, and the message comes in by any interface.
  const lease = context.leases.leaseAt(ciaddr);
  const key = bindingKey(request, remote.identity ?? context.settings.identity);
  if (lease?.relayed && lease.key === key) return linkOf(remote, scopes);
  // Nobody's lease of a subnet behind a relay: perhaps one that was lost. It will come by its relay
  // when it rebinds, and a NAK would be a guess.
  return remote.link === "relays" && lease === undefined
    ? { kind: "none", reason: "unknown-lease" }
    : linkOf(first, scopes);
}

function isOnLink(scope: DhcpScope, site: DhcpSite): boolean {
  if (scope.link !== undefined) return scope.link === site.server;
  return subnetContains(scope.subnet, site.server);
}

function linkOf(scope: DhcpScope | undefined, scopes: readonly DhcpScope[]): LinkChoice {
  if (scope === undefined) return { kind: "none", reason: "unknown-subnet" };
  const { sharedNetwork } = scope;
  if (sharedNetwork === undefined) return { kind: "link", scopes: [scope] };
  const others = scopes.filter((one) => one !== scope && one.sharedNetwork === sharedNetwork);
  return { kind: "link", scopes: [scope, ...others] };
}
