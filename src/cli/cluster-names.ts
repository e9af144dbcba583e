import { KindlingError } from "../errors.ts";
import type { Cluster, ClusterNode } from "../installer/cluster.ts";
import { type PlannedReservation, recordsToKeep } from "../installer/names.ts";
import type { ClusterPlan } from "../installer/plan.ts";
import type { ServedSubnet } from "../installer/surroundings.ts";
import { formatIpv4, parseIpv4 } from "../wire/ipv4.ts";
import { parseMac } from "../wire/mac.ts";
import { parseUuid } from "../wire/uuid.ts";
import type { ClusterHouse } from "./cluster-house.ts";

type KnownRow = {
  readonly mac?: string;
  readonly uuid?: string;
  readonly address?: string;
  readonly hostname?: string;
  readonly source?: string;
};
/** Takes a machine's reservations away at the daemon; says which are not its to take. */
export async function dropReservations(
  { ask }: ClusterHouse,
  { macs, uuid, address }: ClusterNode,
): Promise<readonly string[]> {
  const at = formatIpv4(address);
  const own = (await askReservations(ask)).filter((row) => {
    const isMachine =
      macs.some((mac) => mac === row.mac) || (uuid !== undefined && uuid === row.uuid);
    return isMachine && row.address === at;
  });
  const notes: string[] = [];
  for (const { mac = "", uuid: id = mac, source } of own) {
    if (source === "state") {
      await ask({ method: "DELETE", path: `/v1/reservations/${encodeURIComponent(mac || id)}` });
    } else notes.push(`${at} is reserved in the configuration: take it out of dhcp.reservations`);
  }
  return notes;
}

/** The reservations that have an address, as validations look at them. */
export async function keptReservations(
  ask: ClusterHouse["ask"],
): Promise<ServedSubnet["reservations"]> {
  return (await askReservations(ask)).flatMap(({ address, mac, uuid }) => {
    if (address === undefined) return [];
    const machine = { ...(mac && { mac: parseMac(mac) }), ...(uuid && { uuid: parseUuid(uuid) }) };
    return [{ address: parseIpv4(address), ...machine }];
  });
}

async function askReservations(ask: ClusterHouse["ask"]): Promise<readonly KnownRow[]> {
  // proven: the daemon's own answer, docs/http-api.md
  const answer = (await ask({ path: "/v1/reservations" })) as {
    readonly reservations: readonly KnownRow[];
  };
  return answer.reservations;
}

type Outcome = { readonly kind: string; readonly message?: string };

/** Addresses and names of a cluster, at the daemon; says how many were not there yet. */
export async function keepNames(
  house: ClusterHouse,
  cluster: Cluster,
  plan: ClusterPlan,
): Promise<number> {
  const reserved = await keepReservations(house, plan.reservations);
  return reserved + (await keepRecords(house, cluster, plan));
}

async function keepReservations(
  { ask }: ClusterHouse,
  rows: readonly PlannedReservation[],
): Promise<number> {
  const reservations = await askReservations(ask);
  const due = rows.filter((row) => !reservations.some((known) => isSame(known, row)));
  if (due.length === 0) return 0;
  const wishes = due.map(({ mac, uuid, address, hostname }) => {
    return { machine: mac ?? uuid, address: formatIpv4(address), hostname, force: true };
  });
  const question = { path: "/v1/reservations", body: { reservations: wishes } };
  // proven: the daemon's own answer, docs/http-api.md
  const { results } = (await ask({ ...question, method: "POST" })) as {
    readonly results: readonly Outcome[];
  };
  const refused = results.find(({ kind }) => kind === "refused");
  if (refused === undefined) return due.length;
  throw new KindlingError("lease.refused", refused.message ?? "a reservation was refused");
}

function isSame(known: KnownRow, row: PlannedReservation): boolean {
  const isMachine = row.mac === undefined ? known.uuid === row.uuid : known.mac === row.mac;
  return isMachine && known.address === formatIpv4(row.address) && known.hostname === row.hostname;
}

async function keepRecords(
  { ask, config }: ClusterHouse,
  cluster: Cluster,
  { records }: ClusterPlan,
): Promise<number> {
  const { domain } = cluster;
  const wanted = recordsToKeep(records, cluster, config.dns.domain);
  // proven: the daemon's own answer, docs/http-api.md
  const { owners } = (await ask({ path: "/v1/records" })) as {
    readonly owners: Readonly<Record<string, { readonly records: readonly object[] }>>;
  };
  const now = owners[cluster.name]?.records ?? [];
  const body = { domain, records: wanted };
  if (JSON.stringify(now) === JSON.stringify(wanted)) return 0;
  await ask({ method: "PUT", path: `/v1/records/${cluster.name}`, body });
  return wanted.length;
}
