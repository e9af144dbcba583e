import { KindlingError } from "../errors.ts";
import type { Cluster } from "../installer/cluster.ts";
import { type PlannedReservation, recordsToKeep } from "../installer/names.ts";
import type { ClusterPlan } from "../installer/plan.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import type { ClusterHouse } from "./cluster-house.ts";

type KnownRow = {
  readonly mac?: string;
  readonly uuid?: string;
  readonly address?: string;
  readonly hostname?: string;
};
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
  // proven: the daemon's own answer, docs/http-api.md
  const { reservations } = (await ask({ path: "/v1/reservations" })) as {
    readonly reservations: readonly KnownRow[];
  };
  const due = rows.filter((row) => !reservations.some((known) => isSame(known, row)));
  if (due.length === 0) return 0;
  const wishes = due.map(({ mac, uuid, address, hostname }) => {
    return { machine: mac ?? uuid, address: formatIpv4(address), hostname, force: true };
  });
  const question = { method: "POST", path: "/v1/reservations", body: { reservations: wishes } };
  // proven: as above
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
