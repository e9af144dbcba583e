import { join } from "node:path";
import type { ValidConfig } from "./config/resolve.ts";
import type { Config } from "./config/schema.ts";
import { formatMenu, menuBytesMax } from "./dhcp/boot-menu.ts";
import type { ClientClassRule } from "./dhcp/client-class.ts";
import { ServiceNames } from "./dhcp/hostname.ts";
import { portKey, type Reservation } from "./dhcp/reservations.ts";
import { DefaultTimes, type DhcpScope, type DhcpSettings } from "./dhcp/settings.ts";
import { layerAt, scopesOf } from "./dhcp/subnet-settings.ts";
import type { Dhcp6Settings } from "./dhcp6/settings.ts";
import { type DnsSettings, parseDnsSettings, ttlFor } from "./dns/settings.ts";
import { KindlingError } from "./errors.ts";
import type { ServedInterface } from "./runtime/interfaces.ts";
import type { TftpSettings } from "./tftp/deps.ts";
import { anyAddress, formatIpv4, type Ipv4Address } from "./wire/ipv4.ts";
import { broadcastOf, formatSubnet, type Subnet, subnetContains } from "./wire/subnet.ts";

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
  checkMenu(config);
  const { tftp } = config;
  return {
    dhcp: dhcpSettingsOf(config, served),
    dhcp6: {
      dns: config.ipv6.dns,
      leaseSeconds: config.dhcp.lease,
      bootLeaseSeconds: config.dhcp.bootLease,
      disabled: new Set(config.dhcp.disabled),
    },
    tftp: {
      blksizeMax: tftp.blksizeMax,
      windowMax: tftp.windowMax,
      transfersMax: tftp.transfersMax,
      transfersPerClient: tftp.transfersPerClient,
      onLinkOnly: tftp.onLinkOnly,
      singlePort: tftp.singlePort,
    },
    dns: dnsSettingsOf(config),
  };
}

function dnsSettingsOf({ dns, dhcp }: Config): DnsSettings {
  const { forward, ...rest } = dns;
  const ttl = ttlFor(Math.min(dhcp.lease, dhcp.bootLease, dhcp.randomLease));
  return { ...rest, ttl, ...(forward.enabled && { forward }) };
}

function dhcpSettingsOf(config: Config, served: readonly ServedInterface[]): DhcpSettings {
  const { dhcp, dns } = config;
  const scopes = scopesOf({
    rows: dhcp.subnets,
    served,
    plain: (link) => plainScopeOf(config, link),
    classNames: new Set(dhcp.classes.map(({ name }) => name)),
  });
  if (dhcp.mode === "full" || dhcp.mode === "auto") checkRanges(config, served, scopes);
  checkTwice(config);
  return {
    scopes,
    reservations: reservationsOf(config),
    classes: classesOf(config),
    options: layerAt("dhcp.options", dhcp.options),
    leaseSeconds: dhcp.lease,
    bootLeaseSeconds: dhcp.bootLease,
    randomLeaseSeconds: dhcp.randomLease,
    ...(dhcp.reservedLease !== undefined && { reservedLeaseSeconds: dhcp.reservedLease }),
    renewalSpread: dhcp.renewalSpread / 100,
    offerSeconds: dhcp.offerHold,
    declineSeconds: dhcp.declineProbation,
    graceSeconds: DefaultTimes.graceSeconds,
    authoritative: dhcp.authoritative,
    identity: dhcp.identity,
    rapidCommit: dhcp.rapidCommit,
    bootp: dhcp.bootp,
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
    ownAddresses: new Set(served.map(({ address }) => address)),
    protectedNames: new Set([
      ...ServiceNames,
      dns.provisioner,
      dns.controller.name,
      dns.console.name,
      ...recordLabels(config),
    ]),
  };
}

// An address or an alias at a name right below the domain: no machine can have it besides.
function recordLabels({ dns }: Config): readonly string[] {
  const pointers = dns.records.filter(({ type }) => type !== "TXT" && type !== "SRV");
  const names = pointers.map(({ name }) => name.toLowerCase().replace(`.${dns.domain}`, ""));
  return names.filter((name) => !name.includes("."));
}

function plainScopeOf({ dhcp, dns }: Config, { address, subnet }: ServedInterface): DhcpScope {
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

function reservationsOf({ dhcp }: Config): readonly Reservation[] {
  return dhcp.reservations.map(({ options, ...row }, index) => ({
    ...row,
    ...(options && { options: layerAt(`dhcp.reservations[${index}].options`, options) }),
  }));
}

function classesOf({ dhcp }: Config): readonly ClientClassRule[] {
  return dhcp.classes.map(({ options, lease, ...row }, index) => ({
    ...row,
    ...(lease !== undefined && { leaseSeconds: lease }),
    ...(options && { options: layerAt(`dhcp.classes[${index}].options`, options) }),
  }));
}

// An address that no subnet holds would never be given out: a typo that must be seen at once.
function checkRanges(
  { dhcp }: Config,
  served: readonly ServedInterface[],
  scopes: readonly DhcpScope[],
): void {
  const device = ({ subnet }: DhcpScope) =>
    served.find((link) => link.subnet.network === subnet.network)?.device ?? "relays";
  const all = scopes.map((one) => `${formatSubnet(one.subnet)} on ${device(one)}`).join(", ");
  const check = (key: string, addresses: readonly Ipv4Address[], subnets: readonly Subnet[]) => {
    const inside = subnets.some((subnet) => addresses.every((one) => subnetContains(subnet, one)));
    if (inside) return;
    const got = addresses.map(formatIpv4).join("-");
    const message = `${key}: want addresses inside ${all}, got ${got}`;
    throw new KindlingError("config.invalid", message, { key });
  };
  const links = served.map(({ subnet }) => subnet);
  const every = scopes.map(({ subnet }) => subnet);
  for (const { first, last } of dhcp.pools) check("dhcp.pools", [first, last], links);
  if (dhcp.router !== undefined) check("dhcp.router", [dhcp.router], links);
  for (const { address } of dhcp.reservations) {
    if (address !== undefined) check("dhcp.reservations", [address], every);
  }
}

// With two rows for one machine or one address, which one counts would be chance.
function checkTwice({ dhcp }: Config): void {
  const seen = new Set<string>();
  const once = (key: string, name: string | undefined) => {
    if (name === undefined) return;
    if (seen.has(`${key} ${name}`)) {
      const message = `${key}: ${name} is given twice; keep one row`;
      throw new KindlingError("config.invalid", message, { key });
    }
    seen.add(`${key} ${name}`);
  };
  for (const row of dhcp.reservations) {
    const { mac, uuid, clientId, circuitId, remoteId, address } = row;
    const text = address === undefined ? undefined : formatIpv4(address);
    for (const name of [mac, uuid, text]) once("dhcp.reservations", name);
    if (clientId !== undefined) once("dhcp.reservations", `id ${clientId}`);
    if ((circuitId ?? remoteId) !== undefined) {
      once("dhcp.reservations", `port ${portKey(circuitId, remoteId)}`);
    }
  }
  for (const { mac } of dhcp.quirks) once("dhcp.quirks", mac);
  for (const { name } of dhcp.classes) once("dhcp.classes", `class ${name}`);
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

/** Where reservations that were made while running are. */
export function reservationFile({ folder }: Config["state"]): string {
  return join(folder, "reservations.json");
}

/** Where the leases of a state folder are. */
export function leaseFile({ folder }: Config["state"]): string {
  return join(folder, "leases.journal");
}
