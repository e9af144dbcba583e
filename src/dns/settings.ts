import { KindlingError, WireError } from "../errors.ts";
import { type Ipv4Address, parseIpv4 } from "../wire/ipv4.ts";
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
  readonly ttl: Ttl;
};

/** A name that stands for several machines, each given by its host name or its address. */
export type ServiceName = { readonly name: string; readonly targets: readonly string[] };

/** Seconds a resolver may keep: what we configured, what a lease gave, that there is nothing. */
export type Ttl = { readonly static: number; readonly dynamic: number; readonly negative: number };

/** Dynamic answers should live no longer than a third of a lease. */
export const defaultTtl: Ttl = { static: 300, dynamic: 60, negative: 60 };

/** `DnsSettings` after every word in it was understood. */
export type DnsPlan = {
  readonly domain: DnsName;
  readonly provisioner: DnsName;
  readonly services: readonly Service[];
  readonly records: readonly ResourceRecord[];
  readonly ttl: Ttl;
};

export type Service = { readonly name: DnsName; readonly targets: readonly Target[] };

export type Target = Ipv4Address | DnsName;

/** The addresses one service name may have: 256 A records keep even the longest answer near 4 KiB. */
export const targetLimit = 256;

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
    ttl,
  };
  said("dns", () => checkOwners(plan));
  return plan;
}

// Room for one host label and its dot below the domain, so that no lease can outgrow a message.
const domainLimit = nameLimit - 2 - (labelLimit + 1);

function parseDomain(text: string): DnsName {
  const domain = parseName(text);
  if (domain.length <= domainLimit && !domain.startsWith("*")) return domain;
  throw new WireError("wire.invalid", `want a domain of ${domainLimit} bytes or fewer`, {
    field: "domain",
    got: text,
  });
}

// Each of our own names means one thing, and an alias is alone at its name (RFC 2181 §10.1).
function checkOwners({ provisioner, services, records }: DnsPlan): void {
  const taken = [provisioner, ...services.map(({ name }) => name)];
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
