import { bytesOf, textOf } from "./bytes.ts";

/**
 * What a template is given: JSON as Go's decoder types it (numbers are float64, objects are
 * map[string]interface {}), and a `Map` where Go has a map[string]string: there a key that is
 * missing is the empty string, not nil.
 */
export type TemplateData =
  | null
  | boolean
  | number
  | string
  | readonly TemplateData[]
  | StringMap
  | { readonly [key: string]: TemplateData };

/** Go's map[string]string. */
export type StringMap = ReadonlyMap<string, string>;

/** A value with its Go type; strings are byte strings. */
export type Concrete =
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "int" | "uint8"; readonly value: bigint }
  | { readonly kind: "float64"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "list"; readonly items: readonly TemplateData[] }
  | { readonly kind: "map"; readonly entries: Readonly<Record<string, TemplateData>> }
  | { readonly kind: "string-map"; readonly entries: StringMap };

/** A member of a list or map, which Go types interface {}: something, or nil. */
export type Boxed = { readonly kind: "interface"; readonly inside: Concrete | undefined };

/** What an expression yields: `undefined` is Go's invalid value, which is less than a nil. */
export type Value = Concrete | Boxed | undefined;

/** Data with its Go type; none for null. */
export function concrete(data: TemplateData): Concrete | undefined {
  switch (typeof data) {
    case "string":
      return { kind: "string", value: bytesOf(data) };
    case "number":
      return { kind: "float64", value: data };
    case "boolean":
      return { kind: "bool", value: data };
    default:
      return data === null ? undefined : collection(data);
  }
}

/** A member of a list or map. */
export function boxed(data: TemplateData): Boxed {
  return { kind: "interface", inside: concrete(data) };
}

/** What an interface holds; any other value as it is. */
export function unboxed(value: Value): Concrete | undefined {
  return value?.kind === "interface" ? value.inside : value;
}

/** A string of the template. */
export function stringValue(bytes: string): Concrete {
  return { kind: "string", value: bytes };
}

/** A Go int. */
export function intValue(value: number | bigint): Concrete {
  return { kind: "int", value: BigInt(value) };
}

/** Go's name of a value's type. */
export function typeName(value: Exclude<Value, undefined>): string {
  return TypeNames[value.kind];
}

/** What `if` asks. */
export function isTrue(value: Value): boolean {
  const inside = unboxed(value);
  if (inside === undefined) return false;
  switch (inside.kind) {
    case "list":
      return inside.items.length > 0;
    case "map":
      return Object.keys(inside.entries).length > 0;
    case "string-map":
      return inside.entries.size > 0;
    case "string":
      return inside.value !== "";
    default:
      return Boolean(inside.value);
  }
}

/** Is this one of Go's maps? */
export function isMap(value: Value): value is Extract<Concrete, { readonly entries: unknown }> {
  return value?.kind === "map" || value?.kind === "string-map";
}

/** The entry of a map under a byte string; none where the map has no such key. */
export function entryOf(map: Extract<Concrete, { entries: unknown }>, key: string): Value {
  const name = textOf(key);
  if (map.kind === "string-map") {
    const text = map.entries.get(name);
    return text === undefined ? undefined : stringValue(bytesOf(text));
  }
  const data = Object.hasOwn(map.entries, name) ? map.entries[name] : undefined;
  return data === undefined ? undefined : boxed(data);
}

/** Keys and values of a map in the order of the keys' bytes. */
export function sortedEntries(
  map: Extract<Concrete, { entries: unknown }>,
): readonly { readonly key: string; readonly data: TemplateData }[] {
  const pairs = map.kind === "string-map" ? [...map.entries] : Object.entries(map.entries);
  return pairs
    .map(([name, data]) => ({ key: bytesOf(name), data }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

const TypeNames = {
  bool: "bool",
  int: "int",
  uint8: "uint8",
  float64: "float64",
  string: "string",
  list: "[]interface {}",
  map: "map[string]interface {}",
  "string-map": "map[string]string",
  interface: "interface {}",
} as const satisfies Record<Exclude<Value, undefined>["kind"], string>;

function collection(data: Exclude<TemplateData, string | number | boolean | null>): Concrete {
  if (isList(data)) return { kind: "list", items: data };
  if (data instanceof Map) return { kind: "string-map", entries: data };
  // What is neither list nor Map among the collections is a record.
  return { kind: "map", entries: data as Readonly<Record<string, TemplateData>> };
}

function isList(data: TemplateData): data is readonly TemplateData[] {
  return Array.isArray(data);
}
