import { isDeepStrictEqual } from "node:util";
import { KindlingError } from "../errors.ts";
import { type Cluster, type ClusterNode, type NodeRole, nodesOf } from "../installer/cluster.ts";
import { withArrival } from "../installer/cluster-record.ts";
import { addRow, formatRow, type NodeRow, removeRow } from "../installer/description-edit.ts";
import { firewallCommands } from "../installer/firewall-change.ts";
import { tellApplied } from "./cluster-apply.ts";
import {
  applyChange,
  type Change,
  type ChangeFlags,
  type Draft,
  draftChange,
  readChanged,
  refusedExit,
} from "./cluster-change.ts";
import {
  awaitVote,
  type EtcdDesk,
  etcdDesk,
  hasRunningEtcd,
  type MemberChange,
  offerVote,
  planArrival,
} from "./cluster-etcd.ts";
import { openClusterHouse } from "./cluster-house.ts";
import { runStatus } from "./cluster-status.ts";
import type { CliContext } from "./context.ts";

export type AddFlags = ChangeFlags & NodeRow & { readonly role: NodeRole; readonly watch: boolean };

/**
 * `kindling cluster add-node`: a row more in the description, and what comes of it. A second time it has
 * nothing to do but, for a controller that has come meanwhile, to give it its vote in etcd.
 */
export async function runAddNode(
  clusterName: string,
  flags: AddFlags,
  context: CliContext,
): Promise<number> {
  const house = await openClusterHouse(flags, context);
  const wish = { name: clusterName, file: flags.file };
  const change = await draftChange(house, wish, (draft) => withNode(draft, flags));
  const { kept, next } = change;
  const node = nodeNamed(next.cluster, flags.name);
  const desk = etcdDesk({ cluster: change.before, kept }, flags, context);
  const isJoining = node.role === "controller" && (await hasRunningEtcd(house, change.before));
  const arrival = isJoining ? await planArrival(desk, node) : undefined;
  const applied = await applyChange(
    change,
    {
      flags,
      record: isArriving(arrival, change, node) ? withArrival(kept.record, node.name) : kept.record,
      first: async () => (arrival?.kind === "add" ? await arrival.run() : undefined),
    },
    { house, context },
  );
  if (applied === undefined) return refusedExit;
  const vote = await voteOf(arrival, desk, node);
  const rules = isNew(change, node) ? firewallCommands(next.cluster, node) : [];
  const besides = { node: node.name, etcd: vote, firewall: rules };
  tellApplied(applied, { cluster: next.cluster, flags, besides }, context);
  if (flags.output === "table") context.out.write(formatTodo(change, { flags, vote, rules }));
  return flags.watch ? await watch({ flags, desk, node, vote }, clusterName, context) : 0;
}

// One whose machine founded the etcd that runs stays a founder: it has been a member from the first day.
function isArriving(arrival: MemberChange | undefined, change: Change, node: ClusterNode): boolean {
  return arrival !== undefined && (arrival.kind === "add" || isNew(change, node));
}

function isNew({ before }: Change, { name }: ClusterNode): boolean {
  return !before.nodes.some((node) => node.name === name);
}

/** The description with the machine that flags tell of; the same text where it has it already. */
function withNode({ text, files, cluster }: Draft, flags: AddFlags): string {
  const row = rowOf(flags);
  const there = cluster.nodes.find(({ name }) => name === row.name);
  if (there === undefined) return addRow(text, flags.role, row);
  const at = nodesOf(cluster, there.role).indexOf(there);
  const asked = addRow(removeRow(text, there.role, at), flags.role, row);
  if (isDeepStrictEqual(nodeNamed(readChanged(asked, files), row.name), there)) return text;
  const cure = "change its row in the description and apply that, or remove it first";
  const message = `${cluster.name} has a machine ${row.name} already, and not as given here: ${cure}`;
  throw new KindlingError("usage.invalid", message);
}

function rowOf({ name, mac, uuid, address, disk, bmc }: AddFlags): NodeRow {
  return {
    ...{ name: name.toLowerCase(), address },
    ...(mac !== undefined && { mac }),
    ...(uuid !== undefined && { uuid }),
    ...(disk !== undefined && { disk }),
    ...(bmc !== undefined && { bmc }),
  };
}

function nodeNamed({ nodes }: Cluster, name: string): ClusterNode {
  const node = nodes.find((one) => one.name === name.toLowerCase());
  // proven: its row was written, or found, before
  if (node === undefined) throw new TypeError(`${name} is not in the description`);
  return node;
}

/** Has the machine a vote in etcd? `none`: it is no member of it. */
type Vote = "none" | "given" | "pending";

async function voteOf(
  arrival: MemberChange | undefined,
  desk: EtcdDesk,
  node: ClusterNode,
): Promise<Vote> {
  if (arrival === undefined) return "none";
  if (arrival.kind === "none") return "given";
  return arrival.kind === "promote" && (await offerVote(desk, node)) ? "given" : "pending";
}

type Outcome = {
  readonly flags: AddFlags;
  readonly vote: Vote;
  readonly rules: readonly string[];
};

/** What is left to people. */
function formatTodo(change: Change, { flags, vote, rules }: Outcome): string {
  const { name } = change.next.cluster;
  const row = rowOf(flags);
  const section = `in the section of its role: ${formatRow(row)}`;
  return [
    ...(vote === "pending" && !flags.watch
      ? [`${row.name} has no vote in etcd yet: say the same again once it is up, or --watch\n`]
      : []),
    ...(rules.length > 0 ? [`on each other machine of ${name}, as root:\n`] : []),
    ...rules.map((rule) => `  ${rule}\n`),
    ...(flags.file === undefined && change.next.text !== change.kept.description
      ? [`in your own copy of the description, ${section}\n`]
      : []),
  ].join("");
}

type Watching = {
  readonly flags: AddFlags;
  readonly desk: EtcdDesk;
  readonly node: ClusterNode;
  readonly vote: Vote;
};

/** The board until all is ready, for which the machine needs its vote. */
async function watch(
  { flags, desk, node, vote }: Watching,
  cluster: string,
  context: CliContext,
): Promise<number> {
  const board = runStatus(cluster, { ...flags, watch: true }, context);
  const quiet = { ...desk, tell: () => {} };
  const [code] = await Promise.all([
    board,
    vote === "pending" ? awaitVote(quiet, node) : undefined,
  ]);
  return code;
}
