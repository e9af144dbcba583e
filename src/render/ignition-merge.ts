import { isShape, type ListKey, type MemberType, type Shape } from "./ignition-schema.ts";
import { type List, numberAt, type Struct, type Tree, textAt } from "./ignition-tree.ts";

/**
 * Lays one configuration over another, as Ignition merges a child into its parent: the child's
 * leaves win, objects are merged member by member, lists item by item where items have a key.
 */
export function mergeConfigs(parent: Struct, child: Struct, shape: Shape): Struct {
  const members = new Map<string, Tree>();
  for (const { name, type } of shape.members) {
    const merged = mergeValues(parent.members.get(name), child.members.get(name), type);
    if (merged !== undefined) members.set(name, merged);
  }
  for (const name of shape.sharedKeys ?? []) dropMovedItems(members, { name, shape, child });
  return { kind: "struct", place: child.place, members };
}

/** What tells an item of a keyed list from the others. */
export function itemKey(item: Tree, key: ListKey | undefined): string {
  if (item.kind === "leaf") return String(item.value);
  if (item.kind === "list" || key === undefined || key === "none") return "";
  if (key !== "partition") return textAt(item, key) ?? "";
  const number = numberAt(item, "number") ?? 0;
  const label = textAt(item, "label");
  if (number !== 0) return `number:${number}`;
  return label === undefined ? "" : `label:${label}`;
}

function mergeValues(
  parent: Tree | undefined,
  child: Tree | undefined,
  type: MemberType,
): Tree | undefined {
  if (parent === undefined || child === undefined) return child ?? parent;
  if (parent.kind === "struct" && child.kind === "struct" && isShape(type)) {
    return mergeConfigs(parent, child, type);
  }
  if (parent.kind === "list" && child.kind === "list") return mergeLists(parent, child, type);
  return child;
}

function mergeLists(parent: List, child: List, type: MemberType): List {
  if (typeof type !== "object" || isShape(type)) return child;
  const { key, list } = type;
  if (key === "none") return { ...child, items: [...parent.items, ...child.items] };
  const mine = new Map(child.items.map((item) => [itemKey(item, key), item]));
  const theirs = new Set(parent.items.map((item) => itemKey(item, key)));
  const merged = parent.items.flatMap((item) => {
    return mergeValues(item, mine.get(itemKey(item, key)), list) ?? [];
  });
  const added = child.items.filter((item) => !theirs.has(itemKey(item, key)));
  return { ...child, items: [...merged, ...added] };
}

type Shared = { readonly name: string; readonly shape: Shape; readonly child: Struct };

// What the parent has as a file and the child as a link is a link.
function dropMovedItems(members: Map<string, Tree>, { name, shape, child }: Shared): void {
  const list = members.get(name);
  const type = shape.members.find((one) => one.name === name)?.type;
  if (list?.kind !== "list" || typeof type !== "object" || isShape(type)) return;
  const keysOf = (lists: readonly string[]) =>
    lists.flatMap((other) => {
      const found = child.members.get(other);
      return found?.kind === "list" ? found.items.map((item) => itemKey(item, type.key)) : [];
    });
  const own = new Set(keysOf([name]));
  const moved = new Set(keysOf((shape.sharedKeys ?? []).filter((other) => other !== name)));
  const items = list.items.filter((item) => {
    const key = itemKey(item, type.key);
    return own.has(key) || !moved.has(key);
  });
  members.set(name, { ...list, items });
}
