import type { Group } from "../boot/group.ts";
import type { JsonValue } from "../boot/json-value.ts";
import type { Profile } from "../boot/profile.ts";

/**
 * JSON whose members have an order. A plain object has none: keys such as "10" come first in it.
 */
type Tree = null | boolean | number | string | readonly Tree[] | ReadonlyMap<string, Tree>;

/**
 * A group → the text of its file, as matchbox writes it: keys in this order, empty members left
 * out, tabs, no newline at the end. Folders under version control see no change where nothing
 * changed.
 */
export function formatGroup({ id, name, profile, ...rest }: Omit<Group, "file">): string {
  const [selector, metadata] = [sorted(rest.selector), sorted(rest.metadata)];
  return formatTree(given({ id, name, profile, selector, metadata }), "\n");
}

/** A profile → the text of its file; `boot` is written when it is present, be it empty. */
export function formatProfile(profile: Omit<Profile, "file">): string {
  const { id, name, ignitionId, cloudId, genericId, boot } = profile;
  const file = new Map(given({ id, name, ignition_id: ignitionId, cloud_id: cloudId }));
  if (boot !== undefined) {
    file.set("boot", given({ kernel: boot.kernel, initrd: boot.initrd, args: boot.args }));
  }
  for (const [key, value] of given({ generic_id: genericId })) file.set(key, value);
  return formatTree(file, "\n");
}

/** A JSON value on one line, as Go's encoding/json writes what it has read: sorted and escaped. */
export function formatJson(value: JsonValue): string {
  return formatTree(sorted(value), "");
}

function given(members: Readonly<Record<string, Tree>>): ReadonlyMap<string, Tree> {
  return new Map(
    Object.entries(members).filter(([, value]) => {
      if (isList(value)) return value.length > 0;
      return value instanceof Map ? value.size > 0 : value !== "";
    }),
  );
}

// Go sorts the keys of a map by their bytes, JavaScript would by UTF-16.
function sorted(value: JsonValue): Tree {
  if (typeof value !== "object" || value === null) return value;
  if (isList(value)) return value.map(sorted);
  const keyed = Object.entries(value).map(([key, member]) => {
    return { key, bytes: Buffer.from(key), member };
  });
  keyed.sort((a, b) => Buffer.compare(a.bytes, b.bytes));
  return new Map(keyed.map(({ key, member }) => [key, sorted(member)]));
}

/** `line` begins each line of this depth; empty puts everything on one. */
function formatTree(tree: Tree, line: string): string {
  if (typeof tree === "string") return formatText(tree);
  if (typeof tree === "number") return formatNumber(tree);
  if (tree === null || typeof tree === "boolean") return String(tree);
  const inner = line === "" ? "" : `${line}\t`;
  if (isList(tree)) {
    const items = tree.map((item) => formatTree(item, inner));
    return items.length === 0 ? "[]" : `[${inner}${items.join(`,${inner}`)}${line}]`;
  }
  const colon = line === "" ? ":" : ": ";
  const members = [...tree].map(([key, member]) => {
    return `${formatText(key)}${colon}${formatTree(member, inner)}`;
  });
  return members.length === 0 ? "{}" : `{${inner}${members.join(`,${inner}`)}${line}}`;
}

// JavaScript and Go both write the shortest digits that give the same float64 back, and both turn
// to exponents below 1e-6 and from 1e21; only the sign of zero is lost in JavaScript.
function formatNumber(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

// Go escapes what could end a script element or a line of JavaScript.
function formatText(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

// Array.isArray does not narrow a readonly array.
function isList<T>(value: T): value is Extract<T, readonly unknown[]> {
  return Array.isArray(value);
}
