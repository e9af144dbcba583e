import type { Place } from "../render/ignition-tree.ts";
import { booleanOf, isNothing, type SourceNode } from "../render/source-node.ts";

/** What was written as a plain value: text, numbers without a leading zero, `true` and `false`. */
export function plainValue(node: SourceNode): unknown {
  if (node.kind === "list") return node.items.map(plainValue);
  if (node.kind === "map") {
    const members = node.entries.filter(({ value }) => !isNothing(value));
    return Object.fromEntries(members.map(({ key, value }) => [key, plainValue(value)]));
  }
  if (node.quoted) return node.text;
  if (/^(?:0|[1-9]\d{0,14})$/.test(node.text)) return Number(node.text);
  // `on` and `yes` are booleans to YAML 1.1 alone; here they would be names of machines.
  return /^(?:true|false)$/i.test(node.text) ? booleanOf(node) : node.text;
}

/** Where the value of a path stands; for one that is not there, what would hold it. */
export function locate(root: SourceNode, path: readonly string[]): Place {
  let node = root;
  let place = root.place;
  for (const [depth, step] of path.entries()) {
    const isLast = depth === path.length - 1;
    if (node.kind === "map") {
      const entry = node.entries.find(({ key }) => key === step);
      if (entry === undefined) return place;
      // The key of a whole section; of a single value its own place.
      place = isLast && entry.value.kind !== "scalar" ? entry.place : entry.value.place;
      node = entry.value;
    } else if (node.kind === "list") {
      const item = node.items[Number(step)];
      if (item === undefined) return place;
      place = item.place;
      node = item;
    } else return place;
  }
  return place;
}
