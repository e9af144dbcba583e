import { type Group, type NearMiss, nearMisses } from "./group.ts";
import type { MachineIdentity } from "./machine.ts";
import type { NetBoot, Profile } from "./profile.ts";

/** The catalog as a decision sees it: groups in the order of `orderGroups`, profiles by name. */
export type BootCatalog = {
  readonly groups: readonly Group[];
  /** The first of them that the labels fit, however many there are. */
  select(labels: Readonly<Record<string, string>>): Group | undefined;
  profile(id: string): Profile | undefined;
};

/** What a machine shall boot, and by which group and profile. */
export type BootPlan = {
  readonly group: Group;
  readonly profile: Profile;
  readonly boot: NetBoot;
};

/** The profile a machine falls to, whether or not it boots anything. */
export type ProfileDecision =
  | {
      readonly kind: "profile";
      readonly reason: "selector" | "default-group";
      readonly group: Group;
      readonly profile: Profile;
    }
  | NoGroup
  | NoProfile;

export type BootDecision =
  | {
      readonly kind: "boot";
      readonly reason: "selector" | "default-group";
      readonly plan: BootPlan;
    }
  | NoGroup
  | NoProfile
  | {
      readonly kind: "no-boot";
      readonly reason: "profile-without-boot";
      readonly group: string;
      readonly profile: string;
    };

/** `near` says what the closest groups wanted and did not get. */
export type NoGroup = {
  readonly kind: "no-group";
  readonly reason: "empty-catalog" | "no-match";
  readonly near: readonly NearMiss[];
};

type NoProfile = {
  readonly kind: "no-profile";
  readonly reason: "missing-or-broken";
  readonly group: string;
  readonly profile: string;
};

/** What should this machine boot? From its labels and the catalog, nothing else. */
export function decideBoot(identity: MachineIdentity, catalog: BootCatalog): BootDecision {
  const decision = decideProfile(identity, catalog);
  if (decision.kind !== "profile") return decision;
  const { group, profile, reason } = decision;
  if (profile.boot === undefined) {
    return {
      kind: "no-boot",
      reason: "profile-without-boot",
      group: group.file,
      profile: profile.id,
    };
  }
  return { kind: "boot", reason, plan: { group, profile, boot: profile.boot } };
}

/** Which group and profile are this machine's? */
export function decideProfile(identity: MachineIdentity, catalog: BootCatalog): ProfileDecision {
  const group = decideGroup(identity, catalog);
  if (group.kind === "no-group") return group;
  const profile = catalog.profile(group.group.profile);
  if (profile === undefined) {
    return {
      kind: "no-profile",
      reason: "missing-or-broken",
      group: group.group.file,
      profile: group.group.profile,
    };
  }
  const byDefault = Object.keys(group.group.selector).length === 0;
  const reason = byDefault ? "default-group" : "selector";
  return { kind: "profile", reason, group: group.group, profile };
}

/** Which group is this machine's? */
export function decideGroup(
  identity: MachineIdentity,
  { groups, select }: Pick<BootCatalog, "groups" | "select">,
): { readonly kind: "group"; readonly group: Group } | NoGroup {
  const group = select(identity.labels);
  if (group !== undefined) return { kind: "group", group };
  const reason = groups.length === 0 ? "empty-catalog" : "no-match";
  return { kind: "no-group", reason, near: nearMisses(identity.labels, groups) };
}
