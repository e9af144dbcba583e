/**
 * Configurations of the Ignition family as trees of values that know where they were written.
 * Translating, merging and checking all work on these, so that a complaint about the result names
 * the line of the source. Pure, and without any knowledge of YAML or JSON text; which members an
 * object has is said by ignition-schema.ts.
 */

/** Where a value was written; what was generated carries the place of its cause. */
export type Place = { readonly path: string; readonly line: number; readonly column: number };

/** A string, number or boolean. */
export type Leaf = {
  readonly kind: "leaf";
  readonly place: Place;
  readonly value: string | number | boolean;
};

/** A list of values of one type. */
export type List = {
  readonly kind: "list";
  readonly place: Place;
  readonly items: readonly Tree[];
};

/** An object of the schema; members that were not written are not there. */
export type Struct = {
  readonly kind: "struct";
  readonly place: Place;
  readonly members: ReadonlyMap<string, Tree>;
};

export type Tree = Leaf | List | Struct;

/** One complaint: an error makes the configuration unusable, a warning does not. */
export type Report = {
  readonly kind: "error" | "warning";
  /** `$.storage.files.0.mode`, with the names of the source. */
  readonly path: string;
  /** From 1; 0 where the source has no lines. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
};

/** Takes complaints about a place; what is checked does not care where they go. */
export type Reporter = {
  error(place: Place, message: string): void;
  warn(place: Place, message: string): void;
};

/** A reporter and the list that it fills. */
export type ReportCollector = Reporter & { readonly reports: readonly Report[] };

/** An empty collector. */
export function collectReports(): ReportCollector {
  const reports: Report[] = [];
  const add = (kind: Report["kind"]) => (place: Place, message: string) => {
    reports.push({ kind, ...place, message });
  };
  return { reports, error: add("error"), warn: add("warning") };
}

/** Does the list make a configuration unusable? */
export function hasErrors(reports: readonly Report[]): boolean {
  return reports.some(({ kind }) => kind === "error");
}

/** A member as an object; an empty one at the parent's place when it is absent. */
export function structAt(parent: Struct, name: string): Struct {
  const found = parent.members.get(name);
  if (found?.kind === "struct") return found;
  return { kind: "struct", place: placeAt(parent, name), members: new Map() };
}

/** The objects of a list member, none when it is absent. */
export function structsAt(parent: Struct, name: string): readonly Struct[] {
  return itemsAt(parent, name).filter((item) => item.kind === "struct");
}

/** The leaves of a list member, none when it is absent. */
export function leavesAt(parent: Struct, name: string): readonly Leaf[] {
  return itemsAt(parent, name).filter((item) => item.kind === "leaf");
}

/** A string member, undefined when it is absent. */
export function textAt(parent: Struct, name: string): string | undefined {
  const value = leafValue(parent, name);
  return typeof value === "string" ? value : undefined;
}

/** A number member, undefined when it is absent. */
export function numberAt(parent: Struct, name: string): number | undefined {
  const value = leafValue(parent, name);
  return typeof value === "number" ? value : undefined;
}

/** True only where the member is there and true. */
export function isTrueAt(parent: Struct, name: string): boolean {
  return leafValue(parent, name) === true;
}

/** Where a member was written; where its object was, under the path it would have, if absent. */
export function placeAt(parent: Struct, name: string): Place {
  const { place } = parent;
  return parent.members.get(name)?.place ?? { ...place, path: `${place.path}.${name}` };
}

/** The object with some members set, and those given as undefined taken out. */
export function withMembers(parent: Struct, members: Record<string, Tree | undefined>): Struct {
  const next = new Map(parent.members);
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined) next.delete(name);
    else next.set(name, value);
  }
  return { ...parent, members: next };
}

type Plain = string | number | boolean | readonly Plain[] | PlainStruct | Tree | undefined;
type PlainStruct = { readonly [name: string]: Plain };

/** An object literal as a tree of one place; trees inside keep theirs, undefined is left out. */
export function treeOf(plain: PlainStruct, place: Place): Struct {
  const members = Object.entries(plain).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, plainTree(value, place)] as const],
  );
  return { kind: "struct", place, members: new Map(members) };
}

function plainTree(value: Exclude<Plain, undefined>, place: Place): Tree {
  if (typeof value !== "object") return { kind: "leaf", place, value };
  if (isList(value)) {
    const items = value.flatMap((item) => (item === undefined ? [] : [plainTree(item, place)]));
    return { kind: "list", place, items };
  }
  return isTree(value) ? value : treeOf(value, place);
}

function isList(value: object): value is readonly Plain[] {
  return Array.isArray(value);
}

// No object of the schema has a member called `place` that is an object.
function isTree(value: PlainStruct | Tree): value is Tree {
  return typeof value["place"] === "object";
}

function itemsAt(parent: Struct, name: string): readonly Tree[] {
  const found = parent.members.get(name);
  return found?.kind === "list" ? found.items : [];
}

function leafValue(parent: Struct, name: string): Leaf["value"] | undefined {
  const found = parent.members.get(name);
  return found?.kind === "leaf" ? found.value : undefined;
}
