import { CallError } from "./error.ts";
import {
  boxed,
  type Concrete,
  entryOf,
  isMap,
  stringValue,
  typeName,
  unboxed,
  type Value,
} from "./value.ts";

/** Go's `index`: member by member; a key that a map has not is nil, or "" in a map of strings. */
export function indexInto(first: Value, indexes: readonly Value[]): Value {
  let item: Value = unboxed(first);
  if (item === undefined) throw new CallError("index of untyped nil");
  for (const index of indexes) {
    const inside = unboxed(item);
    if (inside === undefined) throw new CallError("index of nil pointer");
    item = memberOf(inside, unboxed(index));
  }
  return item;
}

/** Go's `slice`: a part of a list, or bytes of a string. An index out of the data is no int. */
export function sliceOf(first: Value, indexes: readonly Value[]): Value {
  const item = unboxed(first);
  if (item === undefined) throw new CallError("slice of untyped nil");
  if (indexes.length > 3) throw new CallError(`too many slice indexes: ${indexes.length}`);
  if (item.kind !== "string" && item.kind !== "list") {
    throw new CallError(`can't slice item of type ${typeName(item)}`);
  }
  const isString = item.kind === "string";
  if (isString && indexes.length === 3) throw new CallError("cannot 3-index slice a string");
  const length = isString ? item.value.length : item.items.length;
  const given = indexes.map((index) => position(index, length));
  const [from = 0, to = length, limit = to] = given;
  if (from > to) throw new CallError(`invalid slice index: ${from} > ${to}`);
  if (to > limit) throw new CallError(`invalid slice index: ${to} > ${limit}`);
  if (isString) return stringValue(item.value.slice(from, to));
  return { kind: "list", items: item.items.slice(from, to) };
}

/** Go's `len`: bytes of a string, members of a list or map. */
export function lengthOf(value: Value): number {
  if (value === undefined) throw new CallError("reflect: call of reflect.Value.Type on zero Value");
  const inside = unboxed(value);
  if (inside === undefined) throw new CallError("len of nil pointer");
  switch (inside.kind) {
    case "string":
      return inside.value.length;
    case "list":
      return inside.items.length;
    case "map":
      return Object.keys(inside.entries).length;
    case "string-map":
      return inside.entries.size;
    default:
      throw new CallError(`len of type ${typeName(inside)}`);
  }
}

function memberOf(item: Concrete, index: Concrete | undefined): Value {
  if (isMap(item)) {
    if (index === undefined) throw new CallError("value is nil; should be of type string");
    if (index.kind !== "string") {
      throw new CallError(`value has type ${typeName(index)}; should be string`);
    }
    const missing = item.kind === "map" ? boxed(null) : stringValue("");
    return entryOf(item, index.value) ?? missing;
  }
  if (item.kind === "list") {
    const at = position(index, item.items.length);
    const member = item.items[at];
    if (member === undefined) throw new CallError("reflect: slice index out of range");
    return boxed(member);
  }
  if (item.kind !== "string") throw new CallError(`can't index item of type ${typeName(item)}`);
  const at = position(index, item.value.length);
  if (at === item.value.length) throw new CallError("reflect: string index out of range");
  return { kind: "uint8", value: BigInt(item.value.charCodeAt(at)) };
}

// An index may be as large as the length: that is where a slice may end.
function position(index: Value, length: number): number {
  if (index === undefined) throw new CallError("cannot index slice/array with nil");
  if (index.kind !== "int" && index.kind !== "uint8") {
    throw new CallError(`cannot index slice/array with type ${typeName(index)}`);
  }
  if (index.value < 0n || index.value > BigInt(length)) {
    throw new CallError(`index out of range: ${index.value}`);
  }
  return Number(index.value);
}
