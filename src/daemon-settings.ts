import type { ValidConfig } from "./config/resolve.ts";
import type { Config } from "./config/schema.ts";
import { formatMenu, menuBytesMax } from "./dhcp/boot-menu.ts";
import { DefaultTimes, type DhcpScope, type DhcpSettings } from "./dhcp/settings.ts";
import type { Dhcp6Settings } from "./dhcp6/settings.ts";
import { type DnsSettings, defaultTtl, parseDnsSettings } from "./dns/settings.ts";
import { KindlingError } from "./errors.ts";
import type { ServedInterface } from "./runtime/interfaces.ts";
import type { TftpSettings } from "./tftp/server.ts";
import { anyAddress, formatIpv4, type Ipv4Address } from "./wire/ipv4.ts";
import { broadcastOf, formatSubnet, subnetContains } from "./wire/subnet.ts";

/** The configuration as each part takes it. Pure: called at the start and at every reload. */
export type PartSettings = {
  readonly dhcp: DhcpSettings;
  readonly dhcp6: Dhcp6Settings;
  readonly tftp: TftpSettings;
  readonly dns: DnsSettings;
};

/** `settingsOf` for a configuration that was read: an error says where the setting was given, too. */
export function fitSettings(
  { config, origins }: ValidConfig,
  served: readonly ServedInterface[],
): PartSettings {
  try {
    const settings = settingsOf(config, served);
    if (config.dns.enabled) parseDnsSettings(settings.dns);
    return settings;
  } catch (error) {
    if (!(error instanceof KindlingError)) throw error;
    const origin = origins.get(String(error.details["key"]));
    if (origin === undefined) throw error;
    throw new KindlingError(error.code, `${origin}: ${error.message}`, error.details, error);
  }
}

/** Cuts the configuration into the parts' settings; throws `config.invalid` where it does not fit the links. */
export function settingsOf(config: Config, served: readonly ServedInterface[]): PartSettings {
  checkRanges(config, served);
  checkTwice(config);
  checkMenu(config);
  const { dhcp, tftp, dns } = config;
  return {
    dhcp: {
      scopes: served.map((link) => scopeOf(config, link)),
      reservations: dhcp.reservations,
      leaseSeconds: dhcp.lease,
      bootLeaseSeconds: dhcp.bootLease,
      offerSeconds: dhcp.offerHold,
      declineSeconds: dhcp.declineProbation,
      graceSeconds: DefaultTimes.graceSeconds,
      authoritative: true,
      disabled: new Set(dhcp.disabled),
      proxyAnswer: dhcp.proxyAnswer,
      quirks: new Map(dhcp.quirks.map(({ mac, ...override }) => [mac, override])),
      ...(dhcp.menu && { menu: dhcp.menu }),
      poolGuard: {
        conflictProbe: dhcp.conflictProbe,
        probesPerSecond: dhcp.probesPerSecond,
        probedReserve: dhcp.probedReserve,
        newMachinesPerMinute: dhcp.newMachinesPerMinute,
        newMachinesPerPort: dhcp.newMachinesPerPort,
      },
    },
    dhcp6: {
      dns: config.ipv6.dns,
      leaseSeconds: dhcp.lease,
      bootLeaseSeconds: dhcp.bootLease,
      disabled: new Set(dhcp.disabled),
    },
    tftp: {
      blksizeMax: tftp.blksizeMax,
      windowMax: tftp.windowMax,
      transfersMax: tftp.transfersMax,
      singlePort: tftp.singlePort,
    },
    dns: { ...dns, ttl: defaultTtl },
  };
}

function scopeOf({ dhcp, dns }: Config, { address, subnet }: ServedInterface): DhcpScope {
  const own = dhcp.pools.filter(({ first }) => subnetContains(subnet, first));
  const whole = { first: subnet.network, last: broadcastOf(subnet) };
  const resolvers = dhcp.dns.length === 0 && dns.enabled ? [address] : dhcp.dns;
  return {
    subnet,
    pools: dhcp.pools.length === 0 ? [whole] : own,
    excluded: [],
    dns: resolvers,
    domain: dns.domain,
    ...(dhcp.router !== undefined && { router: dhcp.router }),
  };
}

// An address that no served link holds would never be given out: a typo that must be seen at once.
function checkRanges(config: Config, served: readonly ServedInterface[]): void {
  const links = served
    .map(({ device, subnet }) => `${formatSubnet(subnet)} on ${device}`)
    .join(", ");
  const check = (key: string, ...addresses: readonly Ipv4Address[]) => {
    const inside = served.some(({ subnet }) =>
      addresses.every((one) => subnetContains(subnet, one)),
    );
    if (inside) return;
    const got = addresses.map(formatIpv4).join("-");
    const message = `${key}: want addresses inside ${links}, got ${got}`;
    throw new KindlingError("config.invalid", message, { key });
  };
  if (config.dhcp.mode !== "full") return;
  for (const { first, last } of config.dhcp.pools) check("dhcp.pools", first, last);
  for (const { address } of config.dhcp.reservations) {
    if (address !== undefined) check("dhcp.reservations", address);
  }
}

// With two rows for one machine or one address, which one counts would be chance.
function checkTwice({ dhcp }: Config): void {
  const reserved = dhcp.reservations.flatMap(({ mac, uuid, address }) => {
    return [mac, uuid, address === undefined ? undefined : formatIpv4(address)];
  });
  checkNames("dhcp.reservations", reserved);
  checkNames(
    "dhcp.quirks",
    dhcp.quirks.map(({ mac }) => mac),
  );
}

function checkNames(key: string, names: readonly (string | undefined)[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (name === undefined) continue;
    if (seen.has(name)) {
      const message = `${key}: ${name} is given twice; keep one row`;
      throw new KindlingError("config.invalid", message, { key });
    }
    seen.add(name);
  }
}

// Firmware reads option 43 whole or not at all, so a menu that is too long would never be seen.
function checkMenu({ dhcp: { menu } }: Config): void {
  if (menu === undefined) return;
  const got = formatMenu(menu, anyAddress).length;
  if (got <= menuBytesMax) return;
  const key = "dhcp.menu";
  const message = `${key}: want at most ${menuBytesMax} bytes of option 43, got ${got}; shorten the texts`;
  throw new KindlingError("config.invalid", message, { key });
}
