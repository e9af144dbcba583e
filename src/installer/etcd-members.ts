import { WireError } from "../errors.ts";
import { formatIpv4 } from "../wire/ipv4.ts";
import type { ClusterNode } from "./cluster.ts";

/** A member as etcd tells of it; its number is 64 bits, in decimal digits. */
export type EtcdMember = {
  readonly id: string;
  /** Empty: it was added and has not come yet. */
  readonly name: string;
  readonly peerUrls: readonly string[];
};

/** What has to be told to etcd so that a machine made anew can have the place of the old one. */
export type MemberStep =
  | { readonly kind: "remove"; readonly id: string }
  | { readonly kind: "add"; readonly peerUrl: string };

/** The old one goes first: with three members, one more that is not there would cost the quorum. */
export function planReplacement(
  members: readonly EtcdMember[],
  node: ClusterNode,
): readonly MemberStep[] {
  const peerUrl = `https://${formatIpv4(node.address)}:2380`;
  const same = members.filter(({ name, peerUrls }) => {
    return name === node.name || peerUrls.includes(peerUrl);
  });
  // Added by an earlier try, and not come yet: that is what is wanted.
  if (same.length === 1 && same[0]?.name === "") return [];
  return [...same.map(({ id }) => ({ kind: "remove", id }) as const), { kind: "add", peerUrl }];
}

/** The answer of `/v3/cluster/member/list` (etcd's JSON gateway); throws `WireError`. */
export function parseMembers(text: string): readonly EtcdMember[] {
  const { members } = readJson(text);
  if (!Array.isArray(members)) throw invalid("members", "a list");
  return members.map((member) => {
    const { ID: id, name = "", peerURLs: peerUrls = [] } = { ...Object(member) };
    if (typeof id !== "string" || !/^\d{1,20}$/.test(id)) throw invalid("ID", "a number as text");
    if (typeof name !== "string") throw invalid("name", "text");
    if (!Array.isArray(peerUrls)) throw invalid("peerURLs", "a list");
    return { id, name, peerUrls: peerUrls.map(String) };
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
