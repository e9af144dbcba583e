import { type ClusterNode, fullName, nodesOf } from "../installer/cluster.ts";
import { forgetNode } from "../installer/cluster-record.ts";
import { removeRow } from "../installer/description-edit.ts";
import { firewallCommands } from "../installer/firewall-change.ts";
import { formatHeldKeys, type HeldKey, keysHeldBy } from "../installer/held-keys.ts";
import { expiryOf } from "../rpc/credential-set.ts";
import { tellApplied } from "./cluster-apply.ts";
import {
  applyChange,
  type Change,
  type ChangeFlags,
  draftChange,
  refusedExit,
} from "./cluster-change.ts";
import { etcdDesk, hasRunningEtcd, planDeparture } from "./cluster-etcd.ts";
import { type ClusterHouse, openClusterHouse } from "./cluster-house.ts";
import { dropReservations } from "./cluster-names.ts";
import type { CliContext } from "./context.ts";

/** Takes a machine's Node away at the cluster's API. */
export type RemoveFromApi = (change: Change, node: ClusterNode) => Promise<void>;

/**
 * `kindling cluster remove-node`: a controller leaves etcd first, where that costs no quorum; then all goes
 * that the machine has at this daemon. Broken off, it goes on where it was when it is said again.
 */
export async function runRemoveNode(
  [clusterName, nodeName]: readonly [string, string],
  flags: ChangeFlags,
  context: CliContext,
  removeFromApi?: RemoveFromApi,
): Promise<number> {
  const house = await openClusterHouse(flags, context);
  const wish = { name: clusterName, file: flags.file };
  const change = await draftChange(house, wish, ({ text, cluster }) => {
    const node = cluster.nodes.find(({ name }) => name === nodeName);
    if (node === undefined) return text;
    return removeRow(text, node.role, nodesOf(cluster, node.role).indexOf(node));
  });
  const node = change.before.nodes.find(({ name }) => name === nodeName);
  if (node === undefined) return await finish(change, { nodeName, flags }, { house, context });
  const leave = await planLeave({ change, node, flags }, { house, context });
  const first = async () => {
    await leave();
    await removeFromApi?.(change, node);
  };
  const record = forgetNode(change.kept.record, nodeName);
  const applied = await applyChange(change, { record, flags, first }, { house, context });
  if (applied === undefined) return refusedExit;
  const keys = keysHeldBy(change.before, node, change.kept.record.secrets, expiryOf);
  const rules = firewallCommands(change.next.cluster, node);
  const besides = { node: nodeName, keys, firewall: rules };
  tellApplied(applied, { cluster: change.next.cluster, flags, besides }, context);
  const hasApiDone = removeFromApi !== undefined;
  const told = formatTodo(change, { node, keys, rules, flags, hasApiDone });
  if (flags.output === "table") context.out.write(told);
  return 0;
}

type Means = { readonly house: ClusterHouse; readonly context: CliContext };

/** It went before, or its name is misspelt: what is left of an earlier try is done, and told apart. */
async function finish(
  change: Change,
  { nodeName, flags }: { readonly nodeName: string; readonly flags: ChangeFlags },
  means: Means,
): Promise<number> {
  const { cluster } = change.next;
  const { record } = change.kept;
  const applied = await applyChange(change, { record, flags, first: async () => {} }, means);
  if (applied === undefined) return refusedExit;
  const besides = { node: nodeName };
  tellApplied(applied, { cluster, flags, besides }, means.context);
  const names = cluster.nodes.map(({ name }) => name).join(", ");
  means.context.error.write(`${cluster.name} has no machine ${nodeName}: it has ${names}\n`);
  return 0;
}

type Leaving = {
  readonly change: Change;
  readonly node: ClusterNode;
  readonly flags: ChangeFlags;
};

/** What ends before the machine is forgotten here: its place in etcd, its token, its address. */
async function planLeave(
  { change, node, flags }: Leaving,
  { house, context }: Means,
): Promise<() => Promise<void>> {
  const { before: cluster, kept } = change;
  const desk = etcdDesk({ cluster, kept }, flags, context);
  const isMember = node.role === "controller" && (await hasRunningEtcd(house, cluster));
  const departure = isMember ? await planDeparture(desk, node) : undefined;
  return async () => {
    await departure?.run();
    await house.ask({ method: "DELETE", path: `/v1/join/${cluster.name}/${node.name}` });
    for (const note of await dropReservations(house, node)) desk.tell(note);
  };
}

type Outcome = {
  readonly node: ClusterNode;
  readonly keys: readonly HeldKey[];
  readonly rules: readonly string[];
  readonly flags: ChangeFlags;
  readonly hasApiDone: boolean;
};

/** What is left to people. */
function formatTodo({ before }: Change, { node, keys, rules, flags, hasApiDone }: Outcome): string {
  const { name, kubernetes } = before;
  const whole = fullName(before, node);
  return [
    `the machine is left as it is: erase its disk${keys.length > 0 ? `, which has ${formatHeldKeys(keys)}` : ""}\n`,
    ...(kubernetes !== undefined && !hasApiDone
      ? [`at the API of ${name}: kubectl delete node ${whole}\n`]
      : []),
    ...(rules.length > 0 ? [`on each other machine of ${name}, as root:\n`] : []),
    ...rules.map((rule) => `  ${rule}\n`),
    ...(flags.file === undefined
      ? [`in your own copy of the description, take the row ${node.name} away\n`]
      : []),
  ].join("");
}
