import { formatIpv4 } from "../wire/ipv4.ts";
import type { FindingChange } from "./decision.ts";
import type { HostnameGrant } from "./host-name-grant.ts";
import type { Lease } from "./lease.ts";

/** The address is given again and its machine has taken it. */
export function conflictOver({ address }: Lease): FindingChange {
  return { kind: "clear", code: "dhcp.address-conflict", subject: formatIpv4(address) };
}

/** Two machines with one name: the later one has it. */
export function nameTaken(lease: Lease, from: Lease): FindingChange {
  const { hostname = "" } = lease;
  const finding = {
    code: "dhcp.name-taken",
    severity: "warning",
    sentence: `${nameOf(lease)} has taken the name ${hostname} from ${nameOf(from)}, which is still there`,
    cure: `give one of them another host name, or keep ${hostname} for one by a reservation`,
    subject: hostname,
    ...(lease.mac && { mac: lease.mac }),
  } as const;
  return { kind: "raise", finding };
}

/** A client asked for a name that is not a client's to have. */
export function nameRefused(
  lease: Lease,
  name: string,
  verdict: HostnameGrant["verdict"],
): FindingChange {
  const owner = verdict === "protected" ? "a service's" : "reserved for another machine";
  const finding = {
    code: "dhcp.name-refused",
    severity: "warning",
    sentence: `${nameOf(lease)} asked for the name ${name}, which is ${owner}`,
    cure: "give the machine another host name",
    subject: name,
    ...(lease.mac && { mac: lease.mac }),
  } as const;
  return { kind: "raise", finding };
}

function nameOf({ mac, address }: Lease): string {
  return `${mac ?? "a machine"} at ${formatIpv4(address)}`;
}
