import { itemKey } from "../ignition-merge.ts";
import { isShape, type Shape } from "../ignition-schema.ts";
import type { Reporter, Struct } from "../ignition-tree.ts";

/** Items of keyed lists that stand twice, in one list or in lists that share their keys. */
export function checkDuplicates(struct: Struct, shape: Shape, reporter: Reporter): void {
  const shared = new Set<string>();
  for (const { name, type } of shape.members) {
    const value = struct.members.get(name);
    if (value === undefined || typeof type !== "object") continue;
    if (isShape(type)) {
      if (value.kind === "struct") checkDuplicates(value, type, reporter);
      continue;
    }
    if (value.kind !== "list") continue;
    const seen = shape.sharedKeys?.includes(name) ? shared : new Set<string>();
    for (const item of value.items) {
      const key = itemKey(item, type.key);
      if (type.key !== "none" && seen.has(key)) {
        reporter.error(item.place, `${key || "an item without a name"} stands here twice`);
      }
      seen.add(key);
      if (item.kind === "struct" && isShape(type.list)) {
        checkDuplicates(item, type.list, reporter);
      }
    }
  }
}
