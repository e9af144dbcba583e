import { type ClientContext, contextOn } from "../../src/dhcp/client-context.ts";
import { LeaseTable } from "../../src/dhcp/lease-table.ts";
import type { DhcpContext } from "../../src/dhcp/pool.ts";
import { PoolBook } from "../../src/dhcp/pool-book.ts";
import { DefaultPoolGuard } from "../../src/dhcp/pool-guard.ts";
import type { DhcpRequest } from "../../src/dhcp/request.ts";
import { bookReservations } from "../../src/dhcp/reservations.ts";
import { DefaultTimes, type DhcpScope, type DhcpSettings } from "../../src/dhcp/settings.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseSubnet } from "../../src/wire/subnet.ts";

export const ip = parseIpv4;
export const noon = Date.UTC(2026, 10, 20, 12);

/** 10.77.0.0/24 with us at .1, the router at .254, and the pool .100 to .199. */
export const site = {
  server: ip("10.77.0.1"),
  httpPort: 8080,
  subnet: parseSubnet("10.77.0.0/24"),
};

export const scope = {
  subnet: site.subnet,
  pools: [{ first: ip("10.77.0.100"), last: ip("10.77.0.199") }],
  excluded: [],
  router: ip("10.77.0.254"),
  dns: [ip("10.77.0.1")],
  domain: "lab.test",
};

/** 10.88.0.0/24, which only relays reach. */
export const far: DhcpScope = {
  subnet: parseSubnet("10.88.0.0/24"),
  pools: [{ first: ip("10.88.0.100"), last: ip("10.88.0.199") }],
  excluded: [],
  dns: [],
  link: "relays",
};

/** 10.99.0.0/24, likewise. */
export const farther: DhcpScope = {
  ...far,
  subnet: parseSubnet("10.99.0.0/24"),
  pools: [{ first: ip("10.99.0.100"), last: ip("10.99.0.199") }],
};

export const settings: DhcpSettings = {
  ...DefaultTimes,
  scopes: [scope],
  reservations: [],
  authoritative: true,
  disabled: new Set(),
  proxyAnswer: "auto",
  quirks: new Map(),
  poolGuard: DefaultPoolGuard,
};

type ContextParts = { settings?: Partial<DhcpSettings>; leases?: LeaseTable; now?: number };

/** The same, with what is known of the client on the first subnet. */
export function clientContextOf(request: DhcpRequest, parts: ContextParts = {}): ClientContext {
  const context = contextOf(parts);
  const { scopes } = context.settings;
  return contextOn(scopes[0] ?? scope, request, { link: scopes, context });
}

export function contextOf(
  parts: ContextParts = {},
): DhcpContext & { readonly leases: LeaseTable; readonly free: PoolBook } {
  const merged = { ...settings, ...parts.settings };
  const leases = parts.leases ?? new LeaseTable();
  const reservations = bookReservations(merged.reservations);
  const { graceSeconds, poolGuard: limits } = merged;
  const book = { table: leases, reservations, own: [site.server], graceSeconds, limits };
  const now = parts.now ?? noon;
  return { site, settings: merged, reservations, leases, free: new PoolBook(book), now };
}
