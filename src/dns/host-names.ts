import type { Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import { type DnsName, hostLabel, joinLabels } from "./name.ts";
import type { ResourceRecord } from "./record.ts";
import type { DnsPlan } from "./settings.ts";

/** One address with the name its machine wants: a reservation, or a lease as DHCP gave it. */
export type Binding = {
  readonly hostname?: string;
  readonly address: Ipv4Address;
  readonly mac: MacAddress;
  /** The operator said so; otherwise the machine named itself. */
  readonly reserved: boolean;
};

/** A machine that got its name. */
export type Host = { readonly name: DnsName; readonly binding: Binding };

/** A machine that did not, or one that had to give its name up to a later one. */
export type NameProblem = {
  readonly reason: NameProblemReason;
  readonly name: string;
  readonly mac: MacAddress;
  readonly address: Ipv4Address;
};

export type NameProblemReason =
  | "not-a-host-name"
  | "hijack-name"
  | "service-name"
  | "static-name"
  | "reserved-name"
  | "duplicate-name";

// Who owns one of these answers for more than itself: every program that trusts its loopback,
// every browser that looks for a proxy (WPAD), every Windows host that looks for a tunnel.
const HijackLabels: ReadonlySet<string> = new Set(["localhost", "wpad", "isatap"]);

// What people and scripts call us and the cluster, whatever the configuration calls them: a machine
// that takes one of these would be trusted with more than its own name.
const ServiceLabels: ReadonlySet<string> = new Set(["provisioner", "controller", "console"]);

/**
 * Who is called what. Our own names and static records come first, then reservations, then what
 * machines call themselves; between equals the later binding wins and the earlier is reported.
 */
export function assignNames(
  plan: DnsPlan,
  bindings: readonly Binding[],
): { readonly hosts: ReadonlyMap<DnsName, Host>; readonly problems: readonly NameProblem[] } {
  const hosts = new Map<DnsName, Host>();
  const problems: NameProblem[] = [];
  const services = new Set([plan.provisioner, ...plan.services.map(({ name }) => name)]);
  const records = new Set(plan.records.filter(pointsElsewhere).map(({ name }) => name));
  const report = (reason: NameProblemReason, name: string, binding: Binding): void => {
    problems.push({ reason, name, mac: binding.mac, address: binding.address });
  };
  for (const binding of reservedFirst(bindings)) {
    if (binding.hostname === undefined) continue;
    const label = hostLabel(binding.hostname);
    const name = label === undefined ? undefined : joinLabels([label, plan.domain]);
    const held = name === undefined ? undefined : hosts.get(name)?.binding;
    if (label === undefined || name === undefined) {
      report("not-a-host-name", binding.hostname, binding);
    } else if (HijackLabels.has(label)) report("hijack-name", name, binding);
    else if (services.has(name) || isOurs(label, binding)) report("service-name", name, binding);
    else if (records.has(name)) report("static-name", name, binding);
    else if (held?.reserved && !binding.reserved && held.mac !== binding.mac) {
      report("reserved-name", name, binding);
    } else {
      if (held !== undefined && held.mac !== binding.mac) report("duplicate-name", name, held);
      hosts.set(name, { name, binding });
    }
  }
  return { hosts, problems };
}

// An operator may well reserve a machine that is called console.
function isOurs(label: string, { reserved }: Binding): boolean {
  return !reserved && ServiceLabels.has(label);
}

// A TXT or SRV may stand beside a machine's address; another address, or an alias, may not.
function pointsElsewhere({ type }: ResourceRecord): boolean {
  return type === "A" || type === "AAAA" || type === "CNAME";
}

function reservedFirst(bindings: readonly Binding[]): readonly Binding[] {
  return [...bindings.filter((it) => it.reserved), ...bindings.filter((it) => !it.reserved)];
}
