import { formatIpv4, type Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import { formatSubnet, subnetContains } from "../wire/subnet.ts";
import type { Uuid } from "../wire/uuid.ts";
import { isLive, type Lease } from "./lease.ts";
import { isUnassignable } from "./pool-space.ts";
import { isHostLabel } from "./reservation-import/found.ts";
import { type MachineName, readMachineName } from "./reservation-name.ts";
import type { Reservation } from "./reservations.ts";
import type { DhcpScope } from "./settings.ts";

/** A reservation made while the daemon runs: kept in its state, beside those of the configuration. */
export type KeptReservation = {
  readonly mac?: MacAddress;
  readonly uuid?: Uuid;
  readonly address?: Ipv4Address;
  readonly hostname?: string;
};

/** What an operator asks for. `machine` is a MAC address, a UUID, or the host name of a lease. */
export type ReserveWish = {
  readonly machine: string;
  readonly address?: Ipv4Address;
  readonly hostname?: string;
  /** Keep the address, and the name, that the machine has now. */
  readonly fromLease?: boolean;
  /** Also where another machine has the address now. */
  readonly force?: boolean;
};

/** All that a decision about reservations looks at. */
export type ReservationWorld = {
  readonly config: readonly Reservation[];
  readonly kept: readonly KeptReservation[];
  readonly leases: readonly Lease[];
  readonly scopes: readonly DhcpScope[];
  /** This host's addresses on them. */
  readonly own: ReadonlySet<Ipv4Address>;
  /** First labels that are no machine's. */
  readonly protectedNames: ReadonlySet<string>;
  readonly now: number;
};

export type RefusedReason =
  | "address-in-use"
  | "address-reserved"
  | "in-config"
  | "name-reserved"
  | "no-lease"
  | "not-a-name"
  | "not-declined"
  | "not-running"
  | "nothing-to-keep"
  | "outside-subnets"
  | "protected-name"
  | "store-busy"
  | "store-unusable"
  | "too-many"
  | "unassignable"
  | "unknown-machine";

export type Refused = {
  readonly kind: "refused";
  readonly reason: RefusedReason;
  readonly message: string;
};

export type KeepDecision =
  | Refused
  | {
      readonly kind: "kept";
      readonly reservation: KeptReservation;
      /** All of them, with this one in its place. */
      readonly kept: readonly KeptReservation[];
      readonly notes: readonly string[];
    };

/** As many as the configuration may have. */
export const keptLimit = 65_536;

/** Whether a machine gets a reservation, and what it is then. */
export function decideReserve(wish: ReserveWish, world: ReservationWorld): KeepDecision {
  const named = readMachineName(wish.machine, world);
  if (named === undefined) {
    const message = `want a MAC address, a UUID or the host name of a lease, got "${wish.machine}"`;
    return refuse("unknown-machine", `${message}; kindling dhcp leases shows who is known`);
  }
  const before = world.kept.find((row) => isSameMachine(row, named));
  const lease = newestLease(named, world);
  if (wish.fromLease && lease === undefined) {
    return refuse("no-lease", `${wish.machine} has no lease to keep; name an address`);
  }
  const address = wish.address ?? (wish.fromLease ? lease?.address : before?.address);
  const ownName = wish.fromLease ? lease?.hostname : undefined;
  const hostname = (wish.hostname ?? ownName ?? before?.hostname)?.toLowerCase();
  if (address === undefined && hostname === undefined) {
    const cure = "name an address, --hostname or --from-lease";
    return refuse("nothing-to-keep", `${wish.machine} gets neither an address nor a name; ${cure}`);
  }
  const reservation: KeptReservation = {
    ...named,
    ...(address !== undefined && { address }),
    ...(hostname !== undefined && { hostname }),
  };
  const others = world.kept.filter((row) => row !== before);
  const refused =
    clashWithConfig(reservation, world.config) ??
    clashWithKept(reservation, others) ??
    checkName(hostname, world) ??
    checkAddress(address, world) ??
    checkHolder(reservation, wish.force ?? false, world);
  if (refused !== undefined) return refused;
  if (others.length >= keptLimit) {
    return refuse("too-many", `want at most ${keptLimit} reservations; unreserve some`);
  }
  const kept =
    before === undefined ? [...others, reservation] : replace(world.kept, before, reservation);
  return { kind: "kept", reservation, kept, notes: notesOn(reservation, world) };
}

/** Takes a reservation away, by the machine, its address or its name. */
export function decideUnreserve(word: string, world: ReservationWorld): KeepDecision {
  const isMeant = ({ mac, uuid, address, hostname }: KeptReservation): boolean => {
    const at = address === undefined ? undefined : formatIpv4(address);
    return [mac, uuid, hostname, at].includes(word.toLowerCase());
  };
  const row = world.kept.find(isMeant);
  if (row !== undefined) {
    const kept = world.kept.filter((one) => one !== row);
    return { kind: "kept", reservation: row, kept, notes: [] };
  }
  if (world.config.some(isMeant)) {
    const message = `${word} is reserved in the configuration; take it out of dhcp.reservations there`;
    return refuse("in-config", message);
  }
  const cure = "kindling dhcp leases --state reserved shows those that are";
  return refuse("unknown-machine", `${word} has no reservation; ${cure}`);
}

function replace<T>(all: readonly T[], before: T, after: T): readonly T[] {
  return all.map((one) => (one === before ? after : one));
}

function refuse(reason: RefusedReason, message: string): Refused {
  return { kind: "refused", reason, message };
}

function isSameMachine(row: KeptReservation, { mac, uuid }: MachineName): boolean {
  return (mac !== undefined && row.mac === mac) || (uuid !== undefined && row.uuid === uuid);
}

function newestLease(named: MachineName, { leases }: ReservationWorld): Lease | undefined {
  const own = leases.filter((lease) => lease.state !== "declined" && isSameMachine(lease, named));
  return own.toSorted((a, b) => b.expires - a.expires)[0];
}

/** A row in words: who it is for. */
function nameOf({ mac, uuid, clientId }: Reservation): string {
  return mac ?? uuid ?? (clientId === undefined ? "a relay's port" : `client-id ${clientId}`);
}

/** What one row has in common with another, so that both cannot be. */
export function commonOf(a: KeptReservation, b: KeptReservation): string | undefined {
  if (a.mac !== undefined && a.mac === b.mac) return a.mac;
  if (a.uuid !== undefined && a.uuid === b.uuid) return a.uuid;
  if (a.address !== undefined && a.address === b.address) return formatIpv4(a.address);
  return a.hostname !== undefined && a.hostname === b.hostname ? a.hostname : undefined;
}

function clashWithConfig(
  row: KeptReservation,
  config: readonly Reservation[],
): Refused | undefined {
  for (const other of config) {
    const common = commonOf(row, other);
    if (common === undefined) continue;
    const message = `${common} is reserved for ${nameOf(other)} in the configuration, which wins`;
    return refuse("in-config", `${message}; change dhcp.reservations there`);
  }
  return undefined;
}

function clashWithKept(
  row: KeptReservation,
  kept: readonly KeptReservation[],
): Refused | undefined {
  for (const other of kept) {
    const common = commonOf(row, other);
    if (common === undefined) continue;
    const reason = common === row.hostname ? "name-reserved" : "address-reserved";
    const cure = `kindling dhcp unreserve ${nameOf(other)} first`;
    return refuse(reason, `${common} is reserved for ${nameOf(other)}; ${cure}`);
  }
  return undefined;
}

function checkName(
  hostname: string | undefined,
  { protectedNames }: ReservationWorld,
): Refused | undefined {
  if (hostname === undefined) return undefined;
  if (!isHostLabel(hostname)) {
    const want = "want one DNS label: at most 63 letters, digits and hyphens inside";
    return refuse("not-a-name", `${want}, got "${hostname}"`);
  }
  if (!protectedNames.has(hostname)) return undefined;
  const message = `"${hostname}" is a name of the network itself, or of dns.records`;
  return refuse("protected-name", `${message}; choose another`);
}

function checkAddress(
  address: Ipv4Address | undefined,
  { scopes, own }: ReservationWorld,
): Refused | undefined {
  if (address === undefined) return undefined;
  const got = formatIpv4(address);
  const scope = scopes.find(({ subnet }) => subnetContains(subnet, address));
  if (scope === undefined) {
    const want = scopes.map(({ subnet }) => formatSubnet(subnet)).join(", ");
    return refuse("outside-subnets", `want an address inside ${want}, got ${got}`);
  }
  if (!isUnassignable(address, scope, [...own])) return undefined;
  const what = "this server's own address, its subnet's end, or a router or resolver there";
  return refuse("unassignable", `${got} is ${what}; choose another`);
}

function checkHolder(
  row: KeptReservation,
  force: boolean,
  { leases, now }: ReservationWorld,
): Refused | undefined {
  const holder = holderOf(row, leases, now);
  if (holder === undefined || force) return undefined;
  const until = isoOf(holder.expires);
  const message = `${formatIpv4(holder.address)} is leased to ${wordsOf(holder)} until ${until}`;
  return refuse("address-in-use", `${message}; wait, choose another, or say --force`);
}

function holderOf(row: KeptReservation, leases: readonly Lease[], now: number): Lease | undefined {
  return leases.find((lease) => {
    if (lease.address !== row.address || lease.state !== "bound" || !isLive(lease, now))
      return false;
    return !isSameMachine(lease, row);
  });
}

function wordsOf({ mac, key, hostname }: Lease): string {
  return hostname === undefined ? (mac ?? key) : `${mac ?? key} (${hostname})`;
}

function isoOf(time: number): string {
  return new Date(time).toISOString();
}

function notesOn(row: KeptReservation, world: ReservationWorld): readonly string[] {
  const { leases, now } = world;
  const holder = holderOf(row, leases, now);
  const live = leases.filter((lease) => lease.state === "bound" && isLive(lease, now));
  const other = live.find((lease) => isSameMachine(lease, row) && lease.address !== row.address);
  const namesake = live.find(
    (lease) => lease.hostname === row.hostname && row.hostname && !isSameMachine(lease, row),
  );
  const declined = leases.find(
    ({ address, state, expires }) =>
      address === row.address && state === "declined" && expires > now,
  );
  return [
    ...(holder ? [`${wordsOf(holder)} has it until ${isoOf(holder.expires)}`] : []),
    ...(other && row.address !== undefined
      ? [`the machine has ${formatIpv4(other.address)} until it asks again`]
      : []),
    ...(namesake ? [`${wordsOf(namesake)} calls itself so too, and loses the name`] : []),
    ...(declined ? ["somebody else was seen at this address; see kindling dhcp forget"] : []),
  ];
}
