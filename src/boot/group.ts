import { type JsonObject, ownValue } from "./json-value.ts";

/**
 * Machines of equal labels and the profile they boot. `file` is the store's name for it, never
 * empty.
 */
export type Group = {
  readonly file: string;
  readonly id: string;
  readonly name: string;
  readonly profile: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly metadata: JsonObject;
};

/** Groups that ask for exactly the same labels: only the first of `files` can ever be selected. */
export type GroupTie = { readonly selector: string; readonly files: readonly string[] };

/** Why a group did not match: every label it wanted and did not get. */
export type NearMiss = {
  readonly group: string;
  readonly missing: readonly { key: string; want: string; got: string | undefined }[];
};

/** How many near misses are told; the closest ones come first. */
const nearMissLimit = 3;

/** How many groups are looked at for them: it is for a line in the log, and each miss pays it. */
const nearMissSearchLimit = 1_000;

/**
 * The groups in the order they are tried: most selectors first, among equal counts the greatest
 * selector text, a default group last. The order of two groups of the same selectors is by file
 * name, so that a restart or another file system cannot change what a machine boots.
 */
export function orderGroups(groups: readonly Group[]): readonly Group[] {
  const keyed = groups.map((group) => ({
    group,
    count: Object.keys(group.selector).length,
    text: Buffer.from(selectorText(group)),
    file: Buffer.from(group.file),
  }));
  keyed.sort(
    (a, b) => b.count - a.count || Buffer.compare(b.text, a.text) || Buffer.compare(a.file, b.file),
  );
  return keyed.map(({ group }) => group);
}

/**
 * The first group of `ordered` all of whose selectors hold; a selector of "" also holds for no
 * label.
 */
export function selectGroup(
  labels: Readonly<Record<string, string>>,
  ordered: readonly Group[],
): Group | undefined {
  return ordered.find((group) => missingLabels(group, labels).length === 0);
}

/** The groups that came closest, fewest wants first. Call it only when nothing matched. */
export function nearMisses(
  labels: Readonly<Record<string, string>>,
  ordered: readonly Group[],
): readonly NearMiss[] {
  const misses = ordered.slice(0, nearMissSearchLimit).map((group) => ({
    group: group.file,
    missing: missingLabels(group, labels),
  }));
  return misses.sort((a, b) => a.missing.length - b.missing.length).slice(0, nearMissLimit);
}

/** The sets of groups that hide one another. */
export function findTies(ordered: readonly Group[]): readonly GroupTie[] {
  const bySelector = Map.groupBy(ordered, selectorText);
  return [...bySelector]
    .filter(([, tied]) => tied.length > 1)
    .map(([selector, tied]) => ({ selector, files: tied.map((group) => group.file) }));
}

/** `key=value` pairs in byte order, joined by commas: what the order of groups goes by. */
function selectorText(group: Group): string {
  const pairs = Object.entries(group.selector).map(([key, value]) => `${key}=${value}`);
  return pairs.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).join(",");
}

/** What a group wants and these labels do not give; nothing for a group that matches. */
export function missingLabels(
  group: Group,
  labels: Readonly<Record<string, string>>,
): NearMiss["missing"] {
  return Object.entries(group.selector)
    .map(([key, want]) => ({ key, want, got: ownValue(labels, key) }))
    .filter(({ want, got }) => (got ?? "") !== want);
}
