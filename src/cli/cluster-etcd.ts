import { setTimeout as wait } from "node:timers/promises";
import { KindlingError } from "../errors.ts";
import { type Cluster, type ClusterNode, hasOwnEtcd, nodesOf } from "../installer/cluster.ts";
import type { KeptCluster } from "../installer/cluster-store.ts";
import { changeMember, type EtcdAccess, listMembers, probeEtcd } from "../installer/etcd-client.ts";
import {
  decideArrival,
  decideDeparture,
  type EtcdMember,
  isUnsettled,
  type MemberDecision,
  type MemberStep,
  membersOf,
  planReplacement,
} from "../installer/etcd-members.ts";
import type { ClusterHouse } from "./cluster-house.ts";
import type { CliContext } from "./context.ts";

/** While a leader is chosen no member is well, for a second or two: so often each is asked, and how far apart. */
const healthAsked = 3;
const healthPauseMs = 2_000;
/** So often a change is tried that etcd refuses for a few seconds, and how far apart. */
const settleTries = 5;
const settlePauseMs = 2_000;
/** How often a member without a vote is offered one. */
const offerMs = 5_000;

/** An etcd that runs, as it was before a machine comes or goes. */
export type EtcdDesk = {
  readonly cluster: Cluster;
  readonly access: EtcdAccess;
  /** Tells one line of what was done. */
  readonly tell: (line: string) => void;
};

/** A change of etcd's members that is right; `run` makes it, once the operator agreed. */
export type MemberChange = {
  readonly kind: MemberStep["kind"] | "none";
  readonly run: () => Promise<void>;
};

/** A desk at the etcd of a cluster that was applied; what is done is told where nothing reads JSON. */
export function etcdDesk(
  { cluster, kept }: { readonly cluster: Cluster; readonly kept: KeptCluster },
  { output }: { readonly output: "table" | "json" },
  { out, error, signal }: CliContext,
): EtcdDesk {
  const to = output === "json" ? error : out;
  const access = { secrets: kept.record.secrets, signal };
  return { cluster, access, tell: (line) => to.write(`${line}\n`) };
}

/**
 * Is the cluster's etcd its own, and did any of its controllers come up? Before that their Ignition files say
 * who the members are, and there is nobody to be told.
 */
export async function hasRunningEtcd({ ask }: ClusterHouse, cluster: Cluster): Promise<boolean> {
  if (!hasOwnEtcd(cluster)) return false;
  const names = new Set(nodesOf(cluster, "controller").map(({ name }) => name));
  // proven: the daemon's own answer, docs/http-api.md
  const { tickets } = (await ask({ path: "/v1/join" })) as {
    readonly tickets: readonly { cluster: string; node: string; usedAt?: number }[];
  };
  return tickets.some(({ cluster: of, node, usedAt }) => {
    return of === cluster.name && names.has(node) && usedAt !== undefined;
  });
}

/** A controller that comes. */
export function planArrival(desk: EtcdDesk, node: ClusterNode): Promise<MemberChange> {
  return plan(desk, node, async (members) => decideArrival(members, node));
}

/** A controller that goes; each member is asked how it is, again where one seems to be missing. */
export function planDeparture(desk: EtcdDesk, node: ClusterNode): Promise<MemberChange> {
  return plan(desk, node, async (members) => {
    for (let asked = 1; ; asked++) {
      const decision = decideDeparture(members, await askHealth(desk, members), node);
      if (decision.kind !== "refuse" || asked === healthAsked) return decision;
      await wait(healthPauseMs, undefined, { signal: desk.access.signal });
    }
  });
}

/** The members that are well, by their numbers. */
async function askHealth(
  { cluster, access }: EtcdDesk,
  members: readonly EtcdMember[],
): Promise<ReadonlySet<string>> {
  const healths = nodesOf(cluster, "controller").map(async (controller) => {
    const isWell = (await probeEtcd(controller, access)) === undefined;
    return isWell ? membersOf(members, controller).map(({ id }) => id) : [];
  });
  return new Set((await Promise.all(healths)).flat());
}

/** Offers a vote until the member has caught up, and etcd gives it. */
export async function awaitVote(desk: EtcdDesk, node: ClusterNode): Promise<void> {
  while (!(await offerVote(desk, node))) {
    await wait(offerMs, undefined, { signal: desk.access.signal });
  }
}

/** Has the member a vote now? Etcd refuses one that has not come, or is behind. */
export async function offerVote(desk: EtcdDesk, node: ClusterNode): Promise<boolean> {
  const change = await planArrival(desk, node);
  if (change.kind === "none") return true;
  try {
    await change.run();
    return true;
  } catch (error) {
    if (error instanceof KindlingError && error.code === "cluster.unreachable") return false;
    throw error;
  }
}

/** The place in etcd of a machine that is made anew: given away by those that are there. */
export async function replaceMember(desk: EtcdDesk, node: ClusterNode): Promise<void> {
  const { by, members } = await listMembers(othersThan(desk, node), desk.access);
  for (const step of planReplacement(members, node)) {
    await changeSettled(by, step, desk.access);
    desk.tell(wordsOf(step, node));
  }
}

/** The controllers that a machine's place does not hang on. */
export function othersThan({ cluster }: Pick<EtcdDesk, "cluster">, node: ClusterNode) {
  return nodesOf(cluster, "controller").filter(({ name }) => name !== node.name);
}

async function plan(
  desk: EtcdDesk,
  node: ClusterNode,
  decide: (members: readonly EtcdMember[]) => Promise<MemberDecision>,
): Promise<MemberChange> {
  const others = othersThan(desk, node);
  // The last one can only be asked itself: it has to be told why it stays.
  const { by, members } = await listMembers(others.length > 0 ? others : [node], desk.access);
  const decision = await decide(members);
  switch (decision.kind) {
    case "none":
      return { kind: "none", run: async () => {} };
    case "refuse":
      throw new KindlingError("cluster.members", decision.sentence);
    case "step": {
      const { step } = decision;
      const run = async () => {
        await changeSettled(by, step, desk.access);
        desk.tell(wordsOf(step, node));
      };
      return { kind: step.kind, run };
    }
  }
}

async function changeSettled(by: ClusterNode, step: MemberStep, access: EtcdAccess): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      return await changeMember(by, step, access);
    } catch (error) {
      const mayPass = error instanceof KindlingError && isUnsettled(error.message);
      if (!mayPass || tried === settleTries) throw error;
    }
    await wait(settlePauseMs, undefined, { signal: access.signal });
  }
}

function wordsOf(step: MemberStep, { name }: ClusterNode): string {
  switch (step.kind) {
    case "add":
      return `etcd: ${name} may come${step.isLearner ? ", without a vote at first" : ""}`;
    case "remove":
      return `etcd: ${name} is out`;
    case "promote":
      return `etcd: ${name} has a vote`;
  }
}
