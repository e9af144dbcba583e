import { WireError } from "../errors.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import type { ClusterNode } from "./cluster.ts";

/** A member as etcd tells of it; its number is 64 bits, in decimal digits. */
export type EtcdMember = {
  readonly id: string;
  /** Empty: it was added and has not come yet. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  /** It follows, and has no vote. */
  readonly isLearner: boolean;
};

/** One change that etcd is told of. A learner costs no quorum while its machine is still installing. */
export type MemberStep =
  | { readonly kind: "remove"; readonly id: string }
  | { readonly kind: "add"; readonly peerUrl: string; readonly isLearner: boolean }
  | { readonly kind: "promote"; readonly id: string };

/** What may be done about a member; `none`: it is as it is wanted already. */
export type MemberDecision =
  | { readonly kind: "none" }
  | { readonly kind: "step"; readonly step: MemberStep }
  | { readonly kind: "refuse"; readonly sentence: string };

/**
 * How a controller comes to an etcd that runs: as a learner first, with a vote once it has caught up. Etcd
 * itself takes one learner at a time, and refuses the vote of one that is behind.
 */
export function decideArrival(members: readonly EtcdMember[], node: ClusterNode): MemberDecision {
  const [own] = membersOf(members, node);
  if (own !== undefined) {
    return own.isLearner
      ? { kind: "step", step: { kind: "promote", id: own.id } }
      : { kind: "none" };
  }
  const other = members.find(({ isLearner }) => isLearner);
  if (other === undefined) {
    return { kind: "step", step: { kind: "add", peerUrl: peerUrlOf(node), isLearner: true } };
  }
  const who = other.name || other.peerUrls.join(", ");
  const sentence = `${who} has no vote in etcd yet, and etcd takes one such member at a time: bring that machine up first`;
  return { kind: "refuse", sentence };
}

/**
 * May a controller leave? Those that stay must be a quorum among themselves afterwards, and there has to be
 * one now, or etcd would not even hear of it. `healthy` are the members that say they are well.
 */
export function decideDeparture(
  members: readonly EtcdMember[],
  healthy: ReadonlySet<string>,
  node: ClusterNode,
): MemberDecision {
  const [own] = membersOf(members, node);
  if (own === undefined) return { kind: "none" };
  const voters = members.filter(({ isLearner }) => !isLearner);
  const wellOf = (some: readonly EtcdMember[]) => some.filter(({ id }) => healthy.has(id)).length;
  const [now, all] = [wellOf(voters), voters.length];
  if (now < quorumOf(all)) {
    const sentence = `etcd has no quorum: ${now} of its ${all} members are well, and it takes ${quorumOf(all)} to let one go`;
    return { kind: "refuse", sentence };
  }
  const rest = voters.filter((member) => member !== own);
  if (rest.length === 0) {
    const sentence = `${node.name} is the last member of etcd, and all data goes with it: add another controller first`;
    return { kind: "refuse", sentence };
  }
  const [left, want] = [wellOf(rest), quorumOf(rest.length)];
  if (left < want) {
    const sentence = `without ${node.name} etcd has ${rest.length} members of which ${left} are well, and it takes ${want}: bring the others up first`;
    return { kind: "refuse", sentence };
  }
  return { kind: "step", step: { kind: "remove", id: own.id } };
}

/** More than half. */
function quorumOf(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

function peerUrlOf({ address }: ClusterNode): string {
  return `https://${formatIpv4(address)}:2380`;
}

/** The members that stand for a machine: by its name, or before it came by its address. */
export function membersOf(
  members: readonly EtcdMember[],
  node: ClusterNode,
): readonly EtcdMember[] {
  return members.filter(({ name, peerUrls }) => {
    return name === node.name || peerUrls.includes(peerUrlOf(node));
  });
}

/** The old one goes first: with three members, one more that is not there would cost the quorum. */
export function planReplacement(
  members: readonly EtcdMember[],
  node: ClusterNode,
): readonly MemberStep[] {
  const same = membersOf(members, node);
  // Added by an earlier try, and not come yet: that is what is wanted.
  if (same.length === 1 && same[0]?.name === "") return [];
  const add = { kind: "add", peerUrl: peerUrlOf(node), isLearner: false } as const;
  return [...same.map(({ id }) => ({ kind: "remove", id }) as const), add];
}

/** The answer of `/v3/cluster/member/list` (etcd's JSON gateway); throws `WireError`. */
export function parseMembers(text: string): readonly EtcdMember[] {
  const { members } = readJson(text);
  if (!Array.isArray(members)) throw invalid("members", "a list");
  return members.map((member) => {
    const { ID: id, name = "", peerURLs: peerUrls = [], isLearner } = { ...Object(member) };
    if (typeof id !== "string" || !/^\d{1,20}$/.test(id)) throw invalid("ID", "a number as text");
    if (typeof name !== "string") throw invalid("name", "text");
    if (!Array.isArray(peerUrls)) throw invalid("peerURLs", "a list");
    return { id, name, peerUrls: peerUrls.map(String), isLearner: isLearner === true };
  });
}

/** The answer of `/health`: is it well? */
export function isHealthy(text: string): boolean {
  return String(readJson(text)["health"]) === "true";
}

function readJson(text: string): Readonly<Record<string, unknown>> {
  try {
    return { ...JSON.parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid("text", "JSON");
    throw error;
  }
}

function invalid(field: string, want: string): WireError {
  const message = `etcd's answer: ${field}: want ${want}, got something else`;
  return new WireError("wire.invalid", message, { field, want });
}

/**
 * Does etcd refuse a change of its members for now alone? It wants each member to be connected for five seconds,
 * which one that just got its vote is not (`strict-reconfig-check`, HealthInterval in etcd 3.4).
 */
export function isUnsettled(refusal: string): boolean {
  return refusal.includes("etcdserver: unhealthy cluster");
}
