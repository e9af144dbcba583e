import { formatGroup, formatProfile } from "../store/format.ts";
import type { ClusterPlan } from "./plan.ts";

/** Kinds of catalog entries a plan has, in the order they are put: nothing names what is not there yet. */
export const EntryKinds = ["ignition", "profile", "group"] as const;
export type EntryKind = (typeof EntryKinds)[number];

/** One entry of a catalog, by its kind and name. */
export type EntryName = { readonly kind: EntryKind; readonly name: string };
export type CatalogEntry = EntryName & { readonly text: string };

/** What has to be done to a catalog. */
export type ApplyChange =
  | { readonly kind: "create"; readonly entry: CatalogEntry }
  | { readonly kind: "update"; readonly entry: CatalogEntry; readonly before: string }
  | { readonly kind: "delete"; readonly entry: EntryName };

/** The entries of a plan as a catalog has them. */
export function entriesOf(plan: ClusterPlan): readonly CatalogEntry[] {
  return [
    ...[...plan.ignition].map(([name, text]) => ({ kind: "ignition", name, text }) as const),
    ...plan.profiles.map((profile) => {
      return { kind: "profile", name: profile.file, text: formatProfile(profile) } as const;
    }),
    ...plan.groups.map((group) => {
      return { kind: "group", name: group.file, text: formatGroup(group) } as const;
    }),
  ];
}

/** One word for an entry: `group/demo-node1`. */
export function entryKey({ kind, name }: EntryName): string {
  return `${kind}/${name}`;
}

/**
 * What is to be done so that a catalog has these entries. `there` has the text of those that it has now,
 * by key; `ours` are those that were applied before, of which none may stay that is not wanted any more.
 * Nothing to do: an empty list.
 */
export function decideApply(
  wanted: readonly CatalogEntry[],
  there: ReadonlyMap<string, string>,
  ours: readonly EntryName[],
): readonly ApplyChange[] {
  const puts = wanted.flatMap((entry): readonly ApplyChange[] => {
    const before = there.get(entryKey(entry));
    if (before === undefined) return [{ kind: "create", entry }];
    return before === entry.text ? [] : [{ kind: "update", entry, before }];
  });
  const names = new Set(wanted.map(entryKey));
  const gone = ours.filter((name) => !names.has(entryKey(name)) && there.has(entryKey(name)));
  const order = [...EntryKinds].reverse();
  const removals = order.flatMap((kind) => gone.filter((entry) => entry.kind === kind));
  return [...puts, ...removals.map((entry) => ({ kind: "delete", entry }) as const)];
}

/** What is known of a token at the daemon: by its hash, and how far it is. */
export type KnownTicket = {
  readonly token: string;
  readonly expires: number;
  readonly usedAt?: number;
};

/** A ticket with less time left is given anew. */
const ticketLeastMs = 3_600_000;

/** Must a token be given (again)? One that was used stays used: its machine has what it opened. */
export function isTicketDue(known: KnownTicket | undefined, now: number): boolean {
  if (known === undefined) return true;
  return known.usedAt === undefined && known.expires - now < ticketLeastMs;
}

/** Lines of one entry that are shown at most. */
const shownLines = 24;

/** A change for people: one line, and for an update what is different. */
export function formatChange(change: ApplyChange): string {
  const key = entryKey(change.entry);
  switch (change.kind) {
    case "create":
      return `+ ${key}\n`;
    case "delete":
      return `- ${key}\n`;
    case "update": {
      const lines = diffLines(readable(change.before), readable(change.entry.text));
      const more = lines.length - shownLines;
      const shown = lines.slice(0, shownLines).map((line) => `    ${line}\n`);
      return `~ ${key}\n${shown.join("")}${more > 0 ? `    … ${more} more lines\n` : ""}`;
    }
  }
}

/** Longer texts than this are shown as gone and come: comparing them line by line takes the square of it. */
const comparedLines = 2_000;

/** The lines that went and came; those that both have, in the same order, are not shown. */
export function diffLines(before: readonly string[], after: readonly string[]): readonly string[] {
  const told: string[] = [];
  const tell = (sign: "-" | "+", line = "") => told.push(`${sign} ${line.trim()}`);
  const common = commonLines(before, after);
  let [old, fresh] = [0, 0];
  while (old < before.length || fresh < after.length) {
    const isGone = fresh === after.length || common(old + 1, fresh) >= common(old, fresh + 1);
    if (old < before.length && before[old] === after[fresh]) [old, fresh] = [old + 1, fresh + 1];
    else if (old < before.length && isGone) tell("-", before[old++]);
    else tell("+", after[fresh++]);
  }
  return told;
}

/** How many lines two texts have in common, from these places on. */
function commonLines(before: readonly string[], after: readonly string[]) {
  const width = after.length + 1;
  if (Math.max(before.length, after.length) > comparedLines) return () => 0;
  const counts = new Uint16Array((before.length + 1) * width);
  const at = (old: number, fresh: number) => counts[old * width + fresh] ?? 0;
  for (let old = before.length - 1; old >= 0; old--) {
    for (let fresh = after.length - 1; fresh >= 0; fresh--) {
      const isSame = before[old] === after[fresh];
      const best = Math.max(at(old + 1, fresh), at(old, fresh + 1));
      counts[old * width + fresh] = isSame ? at(old + 1, fresh + 1) + 1 : best;
    }
  }
  return at;
}

// An Ignition file is one line, and a file in it another; as that they show nothing.
function readable(text: string): readonly string[] {
  try {
    return JSON.stringify(JSON.parse(text), null, 1).split("\n").flatMap(unpacked);
  } catch (error) {
    if (error instanceof SyntaxError) return text.split("\n");
    throw error;
  }
}

/** The text of a file in place of its URL. Whoever reads the terminal needs no token, only that it changed. */
function unpacked(line: string): readonly string[] {
  const data = /"data:,([^"]*)"/.exec(line)?.[1];
  if (data === undefined) return [line];
  return decoded(data)
    .replace(/(Bearer \S{4})\S+/g, "$1…")
    .trimEnd()
    .split("\n");
}

function decoded(data: string): string {
  try {
    return decodeURIComponent(data);
  } catch (error) {
    if (error instanceof URIError) return data; // an operator's own
    throw error;
  }
}
