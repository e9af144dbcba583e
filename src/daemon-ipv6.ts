/** What the daemon does for IPv6, fitted together: its advertisements and where TFTP and HTTP listen. */
import { join } from "node:path";
import type { Config } from "./config/schema.ts";
import type { House } from "./daemon-parts.ts";
import { openServerDuid } from "./dhcp6/duid-store.ts";
import { type Dhcp6Link, type Dhcp6Server, openDhcp6Server } from "./dhcp6/server.ts";
import { KindlingError } from "./errors.ts";
import { type Advert, silentAdvert } from "./ra/advert.ts";
import { openAdvertServer } from "./ra/server.ts";
import { systemClock } from "./runtime/clock.ts";
import type { ServedInterface } from "./runtime/interfaces.ts";
import type { BoundService } from "./runtime/service.ts";
import { openUdp } from "./runtime/udp.ts";
import type { IpAddress } from "./wire/ip.ts";
import type { Ipv6Address } from "./wire/ipv6.ts";

/** The addresses that machines reach us by: IPv4, then IPv6 where a link has one that is ready. */
export async function listeningAddresses(
  served: readonly ServedInterface[],
  isReady: (address: Ipv6Address) => Promise<boolean>,
): Promise<readonly IpAddress[]> {
  const six = served.flatMap(({ ipv6 }) => ipv6?.address ?? []);
  const ready = await Promise.all(six.map(isReady));
  return [...served.map(({ address }) => address), ...six.filter((_, index) => ready[index])];
}

/** How DHCPv6 is served on a link. */
export function dhcp6ModeOf(
  { ipv6, dhcp }: Config,
  link: ServedInterface,
): "stateless" | "stateful" | "off" {
  if (link.ipv6 === undefined) return "off";
  if (ipv6.dhcp !== "auto") return ipv6.dhcp;
  return dhcp.mode === "full" ? "stateless" : "off";
}

/** What our advertisement says on a link: where DHCPv6 is, and no more. */
export function advertOf(config: Config, link: ServedInterface): Advert {
  const mode = dhcp6ModeOf(config, link);
  if (mode === "off" || link.ipv6 === undefined) return silentAdvert;
  if (mode === "stateless") return { managed: false, other: true };
  return { managed: true, other: true, onLink: link.ipv6.prefix };
}

/** Opens the answers to router solicitations, where they are wanted; without the right to, one line says so. */
export async function openAdverts(house: House): Promise<BoundService | undefined> {
  const { options, config, served, log, resources } = house;
  const { advert } = config.ipv6;
  if (advert === "off" || (advert === "auto" && config.dhcp.mode !== "full")) return undefined;
  const part = log.child({ part: "ra" });
  const links = served.map((link) => ({ device: link.device, advert: advertOf(config, link) }));
  const deps = { links, mode: advert, clock: systemClock, log: part };
  try {
    return resources.use(await openAdvertServer(deps, options.signal));
  } catch (error) {
    if (!(error instanceof KindlingError)) throw error;
    part.warn("no router advertisements", { error: error.message });
    return undefined;
  }
}

/** Opens DHCPv6 on the links where it is wanted and that have an IPv6 address of ours. */
export async function openDhcp6(house: House): Promise<Dhcp6Server | undefined> {
  const { options, config, served, settings, bus, log, resources } = house;
  const httpPort = config.http.port;
  const links = served.flatMap((link): Dhcp6Link[] => {
    const mode = dhcp6ModeOf(config, link);
    if (mode === "off" || !link.ipv6 || !house.addresses.includes(link.ipv6.address)) return [];
    const { address: server, prefix } = link.ipv6;
    return [{ device: link.device, site: { server, prefix, mode, httpPort } }];
  });
  if (links.length === 0) return undefined;
  const serverId = openServerDuid(serverIdFile(config.state));
  const part = log.child({ part: "dhcp6" });
  const deps = { links, settings: settings.dhcp6, serverId, log: part, publish: bus.publish };
  try {
    return resources.use(await openDhcp6Server(deps, options.signal));
  } catch (error) {
    // Nobody asked for it: another DHCPv6 server on this host is no reason not to start.
    const isClash = error instanceof KindlingError && error.code === "port.in-use";
    if (!isClash || config.ipv6.dhcp !== "auto") throw error;
    part.warn("no dhcpv6", { error: error.message });
    return undefined;
  }
}

/** Where this server's DHCPv6 identifier is kept. */
export function serverIdFile({ folder }: Config["state"]): string {
  return join(folder, "dhcpv6-server-id");
}

/** How long an address may be under check for a double (RFC 4862 §5.4) before it is done without, ms. */
const checkMs = 3000;
const tryMs = 100;

/** Waits until the kernel lets an address of ours be bound: not while its check for a double runs. */
export async function waitUntilBindable(address: Ipv6Address): Promise<boolean> {
  const lastTry = systemClock.now() + checkMs;
  for (;;) {
    try {
      await using _bound = await openUdp({ address, port: 0 });
      return true;
    } catch (error) {
      if (!(error instanceof KindlingError)) throw error;
      if (systemClock.now() > lastTry) return false;
      await new Promise<void>((resolve) => systemClock.after(tryMs, resolve));
    }
  }
}
