import type { Group } from "./group.ts";
import { ownValue } from "./json-value.ts";

type Labels = Readonly<Record<string, string>>;

/** Groups that ask for the same labels, by the values they want. */
type Shape = { readonly keys: readonly string[]; readonly byValues: Map<string, number> };

/**
 * `selectGroup` over `ordered` without looking at each group. Groups that ask for the same labels
 * form a shape, and of a shape the values name the group; catalogs have a handful of shapes (`mac`,
 * `mac` with `os`), however many machines they name. Costs one look for each shape.
 */
export function indexGroups(ordered: readonly Group[]): (labels: Labels) => Group | undefined {
  const shapes = new Map<string, Shape>();
  for (const [rank, { selector }] of ordered.entries()) {
    const keys = Object.keys(selector).sort();
    const name = JSON.stringify(keys);
    const shape = shapes.get(name) ?? { keys, byValues: new Map<string, number>() };
    shapes.set(name, shape);
    const values = valuesOf(keys, selector);
    if (!shape.byValues.has(values)) shape.byValues.set(values, rank);
  }
  return (labels) => {
    let best = ordered.length;
    for (const { keys, byValues } of shapes.values()) {
      best = Math.min(best, byValues.get(valuesOf(keys, labels)) ?? best);
    }
    return ordered[best];
  };
}

// A label that is not given is the same as an empty one, on both sides.
function valuesOf(keys: readonly string[], labels: Labels): string {
  const [first] = keys;
  if (keys.length === 1 && first !== undefined) return ownValue(labels, first) ?? "";
  return JSON.stringify(keys.map((key) => ownValue(labels, key) ?? ""));
}
