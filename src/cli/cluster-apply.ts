import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ErrorTable, KindlingError } from "../errors.ts";
import {
  type ApplyChange,
  decideApply,
  entriesOf,
  entryKey,
  formatChange,
  isTicketDue,
  type KnownTicket,
} from "../installer/apply.ts";
import type { Cluster } from "../installer/cluster.ts";
import type { ClusterRecord } from "../installer/cluster-record.ts";
import type { KeptCluster } from "../installer/cluster-store.ts";
import { makeSecrets } from "../installer/make-secrets.ts";
import { type ClusterPlan, renderCluster } from "../installer/plan.ts";
import type { ClusterSurroundings } from "../installer/surroundings.ts";
import { judge } from "../installer/validation.ts";
import { Validations } from "../installer/validations/table.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import { type ClusterCatalog, folderCatalog, remoteCatalog } from "./cluster-catalog.ts";
import { readDescription, tellProblems } from "./cluster-description.ts";
import { type ClusterHouse, type HouseFlags, openClusterHouse } from "./cluster-house.ts";
import { keepNames } from "./cluster-names.ts";
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
  const files = new Map<string, string>();
  const reading = readDescription(file, (path, text) => files.set(path, text));
  if (reading.kind === "invalid") return tellProblems(file, reading, context);
  const { cluster } = reading;
  const house = await openClusterHouse(flags, context);
  const surroundings = await meetDaemon(house, await surveySite(cluster, flags, context));
  const errors = judge(Validations, cluster, surroundings).findings.filter(
    ({ severity }) => severity === "error",
  );
  if (errors.length > 0) {
    const lines = errors.map((one) => `${one.id}: ${one.sentence}: ${one.what}: ${one.cure}\n`);
    context.error.write(lines.join(""));
    return ErrorTable["config.invalid"].exit;
  }
  const description = readFileSync(file, "utf8");
  const apply = (catalog: ClusterCatalog) =>
    applyCluster(
      { cluster, kept: { description, files }, surroundings, flags },
      { house, catalog, context },
    );
  const code = flags.remote
    ? await withClient(flags, (client) => apply(remoteCatalog(client)))
    : await apply(folderCatalog(house.config.data.folder));
  if (code !== 0 || !flags.watch) return code;
  return await runStatus(cluster.name, { ...flags, watch: true }, context);
}

/** Machines are told who hands them their keys: this daemon, by an authority of its own. */
export async function meetDaemon(
  { ask }: ClusterHouse,
  surroundings: ClusterSurroundings,
): Promise<ClusterSurroundings> {
  // proven: the daemon's own answer, docs/http-api.md
  const { authority } = (await ask({ method: "POST", path: "/v1/join/open" })) as {
    readonly authority: string;
  };
  return { ...surroundings, joinAuthority: authority };
}

type Wish = {
  readonly cluster: Cluster;
  readonly kept: Omit<KeptCluster, "record">;
  readonly surroundings: ClusterSurroundings;
  readonly flags: Pick<ApplyFlags, "yes" | "output">;
};
type Means = {
  readonly house: ClusterHouse;
  readonly catalog: ClusterCatalog;
  readonly context: CliContext;
};

/** Brings catalog, names and tokens to what a description says; also after a machine was made anew. */
export async function applyCluster(wish: Wish, means: Means): Promise<number> {
  const { cluster, kept, surroundings, flags } = wish;
  const { house, catalog, context } = means;
  const { name } = cluster;
  const before = await house.store.load(name);
  const secrets = await makeSecrets(cluster, surroundings.now, before?.record.secrets);
  const generations = before?.record.generations ?? new Map<string, number>();
  const words = new Map([...generations].map(([node, count]) => [node, String(count)]));
  const plan = renderCluster(cluster, secrets, { ...surroundings, generations: words });
  const wanted = entriesOf(plan);
  const ours = before?.record.applied ?? [];
  const changes = decideApply(wanted, await readThere(catalog, [...wanted, ...ours]), ours);
  tell(changes, flags, context);
  const risky = changes.filter(({ kind }) => kind !== "create");
  if (risky.length > 0 && !flags.yes) {
    const message = `${risky.length} entries would change or go, as told above: say --yes to apply that`;
    throw new KindlingError("cluster.unconfirmed", message);
  }
  // Kept first: keys that machines may have, and names that must not be lost sight of.
  const names = [...wanted, ...ours].map(({ kind, name: entry }) => ({ kind, name: entry }));
  const record: ClusterRecord = { secrets, generations, applied: distinct(names) };
  await house.store.save(name, { ...kept, record });
  const due = await giveTickets(house, { cluster, plan, now: surroundings.now });
  const named = await keepNames(house, cluster, plan);
  const { assets, data } = house.config;
  await keepScript(assets.folder || join(data.folder, "assets"), cluster, context);
  for (const change of changes) await catalog.change(change);
  const applied = wanted.map(({ kind, name: entry }) => ({ kind, name: entry }));
  await house.store.save(name, { ...kept, record: { ...record, applied } });
  summarize({ changes, due, named }, wish, context);
  return 0;
}

async function readThere(
  catalog: ClusterCatalog,
  names: readonly { readonly kind: "group" | "profile" | "ignition"; readonly name: string }[],
): Promise<ReadonlyMap<string, string>> {
  const there = new Map<string, string>();
  for (const name of names) {
    const text = there.has(entryKey(name)) ? undefined : await catalog.read(name);
    if (text !== undefined) there.set(entryKey(name), text);
  }
  return there;
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
  { output }: Wish["flags"],
  { out }: CliContext,
): void {
  if (output === "table") out.write(changes.map(formatChange).join(""));
}

type Summary = {
  readonly changes: readonly ApplyChange[];
  /** The machines that got a token, and fetch their keys by it. */
  readonly due: readonly string[];
  readonly named: number;
};

function summarize(
  { changes, due, named }: Summary,
  { cluster, flags }: Wish,
  { out }: CliContext,
): void {
  const count = (kind: ApplyChange["kind"]) => changes.filter((one) => one.kind === kind).length;
  const counts = {
    ...{ created: count("create"), updated: count("update"), deleted: count("delete") },
    ...{ tickets: due.length, names: named },
  };
  if (flags.output === "json") {
    out.write(`${JSON.stringify({ cluster: cluster.name, ...counts }, null, 2)}\n`);
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
