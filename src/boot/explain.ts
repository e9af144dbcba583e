import type { Group } from "./group.ts";
import { missingLabels } from "./group.ts";

/** One group as a machine's labels meet it. */
export type GroupStory =
  | { readonly kind: "selected"; readonly group: string }
  /** It matches as well, but `by` is tried before it. */
  | { readonly kind: "outranked"; readonly group: string; readonly by: string }
  | { readonly kind: "no-match"; readonly group: string; readonly reasons: readonly string[] };

/** Why each group of `ordered` is this machine's or not, in the order they are tried. */
export function explainGroups(
  labels: Readonly<Record<string, string>>,
  ordered: readonly Group[],
): readonly GroupStory[] {
  let selected: string | undefined;
  return ordered.map((group): GroupStory => {
    const reasons = missingLabels(group, labels).map(({ key, want, got }) => {
      const found = got === undefined ? "label absent" : `label is "${got}"`;
      return `selector ${key}=${want}: ${found}`;
    });
    if (reasons.length > 0) return { kind: "no-match", group: group.file, reasons };
    if (selected !== undefined) return { kind: "outranked", group: group.file, by: selected };
    selected = group.file;
    return { kind: "selected", group: group.file };
  });
}
