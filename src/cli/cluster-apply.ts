import { createHash } from "node:crypto";
import { join } from "node:path";
import { ErrorTable, KindlingError } from "../errors.ts";
import {
  type ApplyChange,
  decideApply,
  entriesOf,
  formatChange,
  isTicketDue,
  type KnownTicket,
} from "../installer/apply.ts";
import { type Cluster, hasOwnEtcd, nodesOf } from "../installer/cluster.ts";
import { parseCluster } from "../installer/cluster-document.ts";
import type { ClusterRecord } from "../installer/cluster-record.ts";
import type { KeptCluster } from "../installer/cluster-store.ts";
import { makeSecrets } from "../installer/make-secrets.ts";
import { type ClusterPlan, renderCluster } from "../installer/plan.ts";
import { type ClusterSurroundings, withReservations } from "../installer/surroundings.ts";
import { judge } from "../installer/validation.ts";
import { Validations } from "../installer/validations/table.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import {
  type ClusterCatalog,
  changeCatalog,
  folderCatalog,
  remoteCatalog,
} from "./cluster-catalog.ts";
import { readDescription, tellProblems } from "./cluster-description.ts";
import { hasRunningEtcd } from "./cluster-etcd.ts";
import { type ClusterHouse, type HouseFlags, openClusterHouse } from "./cluster-house.ts";
import { keepNames, keptReservations } from "./cluster-names.ts";
import { keepScript } from "./cluster-script.ts";
import { type SiteFlags, surveySite } from "./cluster-site.ts";
import { runStatus } from "./cluster-status.ts";
import type { CliContext } from "./context.ts";
import { type RpcFlags, withClient } from "./rpc.ts";

export type ApplyFlags = SiteFlags &
  HouseFlags &
  RpcFlags & {
    readonly yes: boolean;
    readonly watch: boolean;
    readonly remote: boolean;
    readonly output: "table" | "json";
  };

/** `kindling cluster apply`: what a description becomes, at the daemon; a second one changes nothing. */
export async function runApply(
  file: string,
  flags: ApplyFlags,
  context: CliContext,
): Promise<number> {
  const { text: description, files, reading } = readDescription(file);
  if (reading.kind === "invalid") return tellProblems(file, reading, context);
  const { cluster } = reading;
  const house = await openClusterHouse(flags, context);
  const surroundings = await meetDaemon(house, await surveySite(cluster, flags, context));
  if (tellErrors(cluster, surroundings, context)) return ErrorTable["config.invalid"].exit;
  const before = await house.store.load(cluster.name);
  await refuseMembers(house, before, cluster);
  const record = { ...(before?.record ?? nothingApplied), site: siteOf(flags) };
  const wish = { cluster, kept: { description, files }, record, surroundings, flags };
  const applied = await withCatalog(flags, house, (catalog) =>
    applyCluster(wish, { house, catalog, context }),
  );
  tellApplied(applied, wish, context);
  return flags.watch ? await runStatus(cluster.name, { ...flags, watch: true }, context) : 0;
}

/** A cluster of which nothing is here yet. */
const nothingApplied: Omit<ClusterRecord, "secrets"> = {
  ...{ generations: new Map(), arrived: new Set(), site: {}, applied: [] },
};

/** The catalog that flags name: of any matchbox by gRPC, or of this host. */
export async function withCatalog<T>(
  flags: RpcFlags & { readonly remote: boolean },
  { config }: ClusterHouse,
  run: (catalog: ClusterCatalog) => Promise<T>,
): Promise<T> {
  return flags.remote
    ? await withClient(flags, (client) => run(remoteCatalog(client)))
    : await run(folderCatalog(config.data.folder));
}

/** What is kept of the flags that say where machines reach this host. */
export function siteOf({ origin, joinOrigin, mirror }: SiteFlags): ClusterRecord["site"] {
  return {
    ...(origin !== undefined && { origin }),
    ...(joinOrigin !== undefined && { joinOrigin }),
    ...(mirror !== undefined && { mirror }),
  };
}

/** Tells what stands in a cluster's way; false: nothing does. */
export function tellErrors(
  cluster: Cluster,
  surroundings: ClusterSurroundings,
  { error }: CliContext,
): boolean {
  const { findings } = judge(Validations, cluster, surroundings);
  const errors = findings.filter(({ severity }) => severity === "error");
  const lines = errors.map((one) => `${one.id}: ${one.sentence}: ${one.what}: ${one.cure}\n`);
  error.write(lines.join(""));
  return errors.length > 0;
}

// Its members would not know of it: a new one would found an etcd of its own, and one that goes would be missed.
async function refuseMembers(
  house: ClusterHouse,
  before: KeptCluster | undefined,
  cluster: Cluster,
): Promise<void> {
  if (before === undefined) return;
  const reading = parseCluster(before.description, (path) => before.files.get(path));
  if (reading.kind === "invalid" || !(await hasRunningEtcd(house, reading.cluster))) return;
  const names = (of: Cluster) => nodesOf(of, "controller").map(({ name }) => name);
  const [old, now] = [names(reading.cluster), names(cluster)];
  const moved = [...new Set(old).symmetricDifference(new Set(now))];
  if (moved.length === 0 || !hasOwnEtcd(cluster)) return;
  const cure = `kindling cluster add-node ${cluster.name} and remove-node tell etcd, one machine at a time`;
  throw new KindlingError(
    "cluster.members",
    `etcd runs, and ${moved.join(", ")} would come or go: ${cure}`,
  );
}

/**
 * What only the running daemon knows: by which authority machines know it when they fetch their keys, and
 * which addresses it was told to keep.
 */
export async function meetDaemon(
  { ask }: ClusterHouse,
  surroundings: ClusterSurroundings,
): Promise<ClusterSurroundings> {
  const known = withReservations(surroundings, await keptReservations(ask));
  // proven: the daemon's own answer, docs/http-api.md
  const { authority } = (await ask({ method: "POST", path: "/v1/join/open" })) as {
    readonly authority: string;
  };
  return { ...known, joinAuthority: authority };
}

export type ApplyWish = {
  readonly cluster: Cluster;
  readonly kept: Omit<KeptCluster, "record">;
  /** What is known of it already; without secrets nothing is. */
  readonly record: Omit<ClusterRecord, "secrets"> & Partial<Pick<ClusterRecord, "secrets">>;
  readonly surroundings: ClusterSurroundings;
  readonly flags: Pick<ApplyFlags, "yes" | "output">;
  /** Done once it is confirmed, before anything here changes. */
  readonly first?: () => Promise<void>;
};
type Means = {
  readonly house: ClusterHouse;
  readonly catalog: ClusterCatalog;
  readonly context: CliContext;
};

/** What came of it. */
export type Applied = {
  readonly changes: readonly ApplyChange[];
  /** The machines that got a token, and fetch their keys by it. */
  readonly due: readonly string[];
  readonly named: number;
};

/** Brings catalog, names and tokens to what a description says; also after a machine was made anew. */
export async function applyCluster(wish: ApplyWish, means: Means): Promise<Applied> {
  const { cluster, kept, record: before, surroundings, flags } = wish;
  const { house, catalog, context } = means;
  const { name } = cluster;
  const secrets = await makeSecrets(cluster, surroundings.now, before.secrets);
  const { arrived, applied: ours } = before;
  const generations = new Map([...before.generations].map(([node, n]) => [node, String(n)]));
  const plan = renderCluster(cluster, secrets, { ...surroundings, generations, arrived });
  const wanted = entriesOf(plan);
  const changes = decideApply(wanted, await catalog.read([...wanted, ...ours]), ours);
  tell(changes, flags, context);
  const risky = changes.filter(({ kind }) => kind !== "create");
  if (risky.length > 0 && !flags.yes) {
    const message = `${risky.length} entries would change or go, as told above: say --yes to apply that`;
    throw new KindlingError("cluster.unconfirmed", message);
  }
  await wish.first?.();
  // Kept first: keys that machines may have, and names that must not be lost sight of.
  const names = [...wanted, ...ours].map(({ kind, name: entry }) => ({ kind, name: entry }));
  const record: ClusterRecord = { ...before, secrets, applied: distinct(names) };
  await house.store.save(name, { ...kept, record });
  const due = await giveTickets(house, { cluster, plan, now: surroundings.now });
  const named = await keepNames(house, cluster, plan);
  const { assets, data } = house.config;
  await keepScript(assets.folder || join(data.folder, "assets"), cluster, context);
  await changeCatalog(catalog, changes);
  const applied = wanted.map(({ kind, name: entry }) => ({ kind, name: entry }));
  await house.store.save(name, { ...kept, record: { ...record, applied } });
  return { changes, due, named };
}

async function giveTickets(
  { ask }: ClusterHouse,
  { cluster, plan, now }: { cluster: Cluster; plan: ClusterPlan; now: number },
): Promise<readonly string[]> {
  // proven: the daemon's own answer, docs/http-api.md
  const { tickets } = (await ask({ path: "/v1/join" })) as {
    readonly tickets: readonly KnownTicket[];
  };
  const known = new Map(tickets.map((ticket) => [ticket.token, ticket]));
  const due = plan.tickets.flatMap(({ token, node, macs, address, notAfter }) => {
    const hash = createHash("sha256").update(token).digest("hex");
    if (!isTicketDue(known.get(hash), now)) return [];
    const files = plan.bundles.get(node) ?? [];
    const row = { token: hash, cluster: cluster.name, node, macs, address: formatIpv4(address) };
    return [{ ...row, expires: notAfter, files }];
  });
  const body = { tickets: due };
  if (due.length > 0) await ask({ method: "POST", path: "/v1/join", body });
  return due.map(({ node }) => node);
}

function tell(
  changes: readonly ApplyChange[],
  { output }: ApplyWish["flags"],
  { out }: CliContext,
): void {
  if (output === "table") out.write(changes.map(formatChange).join(""));
}

/** Says it, and in JSON what a verb has to say `besides`. */
export function tellApplied(
  { changes, due, named }: Applied,
  { cluster, flags, besides }: Pick<ApplyWish, "cluster" | "flags"> & { readonly besides?: object },
  { out }: CliContext,
): void {
  const count = (kind: ApplyChange["kind"]) => changes.filter((one) => one.kind === kind).length;
  const counts = {
    ...{ created: count("create"), updated: count("update"), deleted: count("delete") },
    ...{ tickets: due.length, names: named },
  };
  if (flags.output === "json") {
    out.write(`${JSON.stringify({ cluster: cluster.name, ...counts, ...besides }, null, 2)}\n`);
    return;
  }
  const isSame = Object.values(counts).every((one) => one === 0);
  const told = Object.entries(counts).map(([what, number]) => `${number} ${what}`);
  const nodes = cluster.nodes.length;
  const whom = due.length === nodes ? `its ${nodes} machines` : due.join(", ");
  const next = due.length === 0 ? "" : `; boot ${whom} from the network`;
  out.write(
    isSame
      ? `${cluster.name}: nothing to change for ${nodes} machines\n`
      : `${cluster.name}: ${told.join(", ")}${next}\n`,
  );
}

function distinct<T extends { readonly kind: string; readonly name: string }>(
  names: readonly T[],
): readonly T[] {
  return [...new Map(names.map((name) => [`${name.kind}/${name.name}`, name])).values()];
}
