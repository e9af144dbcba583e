import { KindlingError, WireError } from "../errors.ts";
import { type Ipv4Address, parseIpv4 } from "../wire/ipv4.ts";
import type { Subnet } from "../wire/subnet.ts";
import {
  type DnsName,
  hostLabel,
  isWithin,
  joinLabels,
  labelLimit,
  nameLimit,
  nameUnder,
  parseName,
} from "./name.ts";
import type { RateLimit } from "./rate-limit.ts";
import { parseRecord, type ResourceRecord, type StaticRecord } from "./record.ts";

/** The `dns` part of the configuration, as an operator writes it. */
export type DnsSettings = {
  /** The forward zone, `kindling.lan`. */
  readonly domain: string;
  /** Our own name: in every subnet it is the address we have there. */
  readonly provisioner: string;
  readonly controller: ServiceName;
  readonly console: ServiceName;
  readonly records: readonly StaticRecord[];
  /** Further forward zones, with nothing in them but these records. */
  readonly zones: readonly { readonly domain: string; readonly records: readonly StaticRecord[] }[];
  readonly ttl: Ttl;
  /** Name servers that may transfer our zones, and are told when one changes. */
  readonly secondaries: readonly Ipv4Address[];
  readonly rateLimit: RateLimit;
  /** Absent: a name outside our zones is refused. */
  readonly forward?: ForwardSettings;
};

/** Who may have names of the rest of the world looked up, and by whom they are. */
export type ForwardSettings = {
  /** Empty: those of `/etc/resolv.conf`. */
  readonly upstreams: readonly Ipv4Address[];
  /** Empty: the subnets that are served. */
  readonly clients: readonly Subnet[];
  /** Refuses answers from outside that point into private networks. */
  readonly rebindProtection: boolean;
};

/** A name that stands for several machines, each given by its host name or its address. */
export type ServiceName = { readonly name: string; readonly targets: readonly string[] };

/** Seconds a resolver may keep: what we configured, what a lease gave, that there is nothing. */
export type Ttl = { readonly static: number; readonly dynamic: number; readonly negative: number };

/** For strangers; a rack of ours may ask as often as it likes. */
export const defaultRateLimit: RateLimit = { answers: 20, refused: 5, slip: 2, local: false };

/** An answer that a lease gave lives no longer than a third of the shortest lease. */
export function ttlFor(leaseSeconds: number): Ttl {
  const third = Math.max(1, Math.floor(leaseSeconds / 3));
  return { ...defaultTtl, dynamic: Math.min(defaultTtl.dynamic, third) };
}

/** Where leases are longer than three minutes. */
export const defaultTtl: Ttl = { static: 300, dynamic: 60, negative: 60 };

/** `DnsSettings` after every word in it was understood. */
export type DnsPlan = {
  readonly domain: DnsName;
  readonly provisioner: DnsName;
  readonly services: readonly Service[];
  readonly records: readonly ResourceRecord[];
  readonly zones: readonly PlainZone[];
  readonly ttl: Ttl;
  readonly secondaries: readonly Ipv4Address[];
  readonly rateLimit: RateLimit;
};

/** A forward zone of nothing but configured records. */
export type PlainZone = { readonly domain: DnsName; readonly records: readonly ResourceRecord[] };

export type Service = { readonly name: DnsName; readonly targets: readonly Target[] };

export type Target = Ipv4Address | DnsName;

/** The addresses one service name may have: 256 A records are an answer of 4 KiB. */
const targetLimit = 256;

/** Reads the settings; throws `config.invalid` at the first word that is wrong. */
export function parseDnsSettings(settings: DnsSettings): DnsPlan {
  const { ttl } = settings;
  const domain = said("dns.domain", () => parseDomain(settings.domain));
  const own = (key: string, name: string): DnsName =>
    said(key, () => {
      const full = nameUnder(name, domain);
      if (isWithin(full, domain) && full !== domain) return full;
      throw new WireError("wire.invalid", `want a name below ${domain}, got "${name}"`, {
        field: "name",
      });
    });
  const service = (key: string, { name, targets }: ServiceName): Service => ({
    name: own(`${key}.name`, name),
    targets: said(`${key}.targets`, () => parseTargets(targets, domain)),
  });
  const plan: DnsPlan = {
    domain,
    provisioner: own("dns.provisioner", settings.provisioner),
    services: [
      service("dns.controller", settings.controller),
      service("dns.console", settings.console),
    ],
    records: settings.records.map((entry) => parseRecord(entry, domain, ttl.static)),
    zones: settings.zones.map((zone) => {
      const origin = said("dns.zones", () => parseDomain(zone.domain));
      const records = zone.records.map((entry) => parseRecord(entry, origin, ttl.static));
      return { domain: origin, records };
    }),
    ttl,
    secondaries: settings.secondaries,
    rateLimit: settings.rateLimit,
  };
  said("dns", () => checkOwners(plan.records, namesOf(plan)));
  said("dns.zones", () => checkZones(plan));
  return plan;
}

// Room for one host label and its dot below the domain, so that no lease can outgrow a message.
const domainLimit = nameLimit - 2 - (labelLimit + 1);

function parseDomain(text: string): DnsName {
  const domain = parseName(text);
  if (domain.length <= domainLimit && !domain.split(".").includes("*")) return domain;
  throw new WireError("wire.invalid", `want a domain of ${domainLimit} bytes or fewer`, {
    field: "domain",
    got: text,
  });
}

// Each of our own names means one thing, and an alias is alone at its name (RFC 2181 §10.1).
function checkOwners(records: DnsPlan["records"], taken: readonly DnsName[]): void {
  const others = records.map(({ name }) => name);
  const aliases = records.filter(({ type }) => type === "CNAME").map(({ name }) => name);
  const isAlone = (name: DnsName) => [...taken, ...others].filter((it) => it === name).length === 1;
  const twice = taken.find((name, at) => taken.indexOf(name) !== at);
  const crowded = twice ?? aliases.find((name) => !isAlone(name));
  if (crowded === undefined) return;
  throw new WireError("wire.invalid", `${crowded} is used twice; give each its own name`, {
    field: "name",
    got: crowded,
  });
}

function namesOf({ provisioner, services }: DnsPlan): readonly DnsName[] {
  return [provisioner, ...services.map(({ name }) => name)];
}

function checkZones({ domain, zones }: DnsPlan): void {
  const origins = [domain, ...zones.map((zone) => zone.domain)];
  const twice = origins.find((origin, at) => origins.indexOf(origin) !== at);
  if (twice !== undefined) {
    throw new WireError("wire.invalid", `${twice} is given twice; keep one zone`, {
      field: "zones",
    });
  }
  // The apex holds our SOA and NS, beside which no alias may stand.
  for (const zone of zones) checkOwners(zone.records, [zone.domain]);
}

function parseTargets(targets: readonly string[], domain: DnsName): readonly Target[] {
  if (targets.length > targetLimit) {
    const message = `want at most ${targetLimit} targets, got ${targets.length}`;
    throw new WireError("wire.too-long", message, { field: "targets" });
  }
  return targets.map((target) => {
    if (/^[\d.]+$/.test(target)) return parseIpv4(target);
    const label = hostLabel(target);
    if (label !== undefined) return joinLabels([label, domain]);
    throw new WireError("wire.invalid", `want a host name or an address, got "${target}"`, {
      field: "targets",
    });
  });
}

function said<T>(key: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new KindlingError("config.invalid", `${key}: ${error.message}`, { key }, error);
  }
}
