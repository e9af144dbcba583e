import type { Group } from "../boot/group.ts";
import type { JsonValue } from "../boot/json-value.ts";
import { canonicalMacLabel, isMacKey } from "../boot/mac-label.ts";
import type { NetBoot, Profile } from "../boot/profile.ts";
import { WireError } from "../errors.ts";
import { type JsonNode, parseJsonTree } from "./json-tree.ts";

type Fields = ReadonlyMap<string, JsonNode>;

/** `matchbox` reads what matchbox reads and no more; `kindling` what is told in docs/http-api.md too. */
export type Dialect = "matchbox" | "kindling";

/** How many groups one file may stand for. */
const groupsPerFile = 4_096;

/** `parseGroup` for a group without alternatives, in matchbox's dialect. */
export function parseGroup(file: string, text: string): Group {
  const [group] = readGroups(file, parseJsonTree(text), "matchbox");
  if (group === undefined) throw new TypeError("one file is at least one group");
  return group;
}

/** `readProfile` from JSON text, in matchbox's dialect. */
export function parseProfile(file: string, text: string): Profile {
  return readProfile(file, parseJsonTree(text), "matchbox");
}

/**
 * A group file → its groups, as lenient as the files in the field need: keys in any case, unknown
 * keys ignored, `null` the same as absent, the last of repeated keys. A value of the wrong type, or
 * a hardware address that is none, makes the whole file invalid: throws `WireError` with its offset.
 * Kindling's dialect takes a list for a selector, and has a group for each of its values: whatever
 * reads groups needs to know nothing of it.
 */
export function readGroups(file: string, root: JsonNode, dialect: Dialect): readonly Group[] {
  const fields = readFields(root);
  const shared = {
    file,
    id: readText(fields, "id"),
    name: readText(fields, "name"),
    profile: readText(fields, "profile"),
    metadata: readObject(fields, "metadata"),
  };
  const alternatives = readSelector(fields.get("selector"), dialect);
  const count = alternatives.reduce((product, [, values]) => product * values.length, 1);
  if (count > groupsPerFile || count === 0) {
    throw wrong(root, `selectors for 1 to ${groupsPerFile} groups`, `for ${count}`);
  }
  return combine(alternatives).map((selector) => ({ ...shared, selector }));
}

/** A profile file → profile, by the same rules; it needs an `id`, though not that of the file. */
export function readProfile(file: string, root: JsonNode, dialect: Dialect): Profile {
  const fields = readFields(root);
  const id = readText(fields, "id");
  if (id === "") throw wrong(root, 'an "id" that is not empty', "none");
  const boot = fields.get("boot");
  return {
    file,
    id,
    name: readText(fields, "name"),
    ignitionId: readText(fields, "ignition_id"),
    cloudId: readText(fields, "cloud_id"),
    genericId: readText(fields, "generic_id"),
    ...(boot === undefined ? {} : { boot: readBoot(boot, dialect) }),
    ...(dialect === "kindling" && {
      metadata: readObject(fields, "metadata"),
      generics: readGenerics(fields.get("generic")),
    }),
  };
}

/** The text of a JSON object, or of `null` → metadata; throws `WireError` for anything else. */
export function parseMetadata(text: string): Group["metadata"] {
  return plainObject(parseJsonTree(text));
}

function readBoot(node: JsonNode, dialect: Dialect): NetBoot {
  const fields = readFields(node);
  const template = dialect === "kindling" ? fields.get("template") : undefined;
  if (template !== undefined && template.kind !== "boolean") {
    throw wrong(template, 'true or false for "template"', template.kind);
  }
  return {
    kernel: readText(fields, "kernel"),
    initrd: readTexts(fields, "initrd"),
    args: readTexts(fields, "args"),
    ...(template?.value && { template: true }),
  };
}

function readFields(node: JsonNode): Fields {
  const members = membersOf(node).map(({ key, value }) => [key.toLowerCase(), value] as const);
  return new Map(members.filter(([, value]) => value.kind !== "null"));
}

function readText(fields: Fields, key: string): string {
  const node = fields.get(key);
  return node === undefined ? "" : textOf(node, `a string for "${key}"`);
}

function readTexts(fields: Fields, key: string): readonly string[] {
  const node = fields.get(key);
  if (node === undefined) return [];
  if (node.kind !== "list") throw wrong(node, `a list for "${key}"`, node.kind);
  return node.items.map((item) => textOf(item, `strings in "${key}"`));
}

function readGenerics(node: JsonNode | undefined): ReadonlyMap<string, string> {
  const members = node === undefined ? [] : membersOf(node);
  return new Map(members.map(({ key, value }) => [key, textOf(value, `a file for "${key}"`)]));
}

/** Each key once, with the values of which one is wanted. */
type Alternatives = readonly (readonly [key: string, values: readonly string[]])[];

function readSelector(node: JsonNode | undefined, dialect: Dialect): Alternatives {
  if (node === undefined) return [];
  const pairs = membersOf(node).map(({ key, value }) => {
    const several = dialect === "kindling" && value.kind === "list";
    const values = (several ? value.items : [value]).map((item) => readWanted(key, item));
    return [key, [...new Set(values)]] as const;
  });
  return [...new Map(pairs)];
}

function readWanted(key: string, node: JsonNode): string {
  const text = textOf(node, `a string for selector "${key}"`);
  if (!isMacKey(key)) return text;
  const mac = canonicalMacLabel(text);
  if (mac === undefined) throw wrong(node, `a MAC address for selector "${key}"`, `"${text}"`);
  return mac;
}

function combine(alternatives: Alternatives): readonly Group["selector"][] {
  const chosen = alternatives.reduce<readonly (readonly [string, string])[][]>(
    (rows, [key, values]) =>
      rows.flatMap((row) => values.map((value) => [...row, [key, value] as const])),
    [[]],
  );
  return chosen.map((pairs) => Object.fromEntries(pairs));
}

function readObject(fields: Fields, key: string): Group["metadata"] {
  const node = fields.get(key);
  return node === undefined ? {} : plainObject(node);
}

// A null where a string belongs is an empty string, as everywhere null counts as not given.
function textOf(node: JsonNode, want: string): string {
  if (node.kind === "null") return "";
  if (node.kind !== "string") throw wrong(node, want, node.kind);
  return node.value;
}

function membersOf(node: JsonNode) {
  if (node.kind === "null") return [];
  if (node.kind !== "object") throw wrong(node, "an object", node.kind);
  return node.members;
}

function plainObject(node: JsonNode): Group["metadata"] {
  const pairs = membersOf(node).map(({ key, value }): [string, JsonValue] => [
    key,
    plainValue(value),
  ]);
  return Object.fromEntries(pairs);
}

function plainValue(node: JsonNode): JsonValue {
  if (node.kind === "null") return null;
  if (node.kind === "list") return node.items.map(plainValue);
  return node.kind === "object" ? plainObject(node) : node.value;
}

function wrong(node: JsonNode, want: string, got: string): WireError {
  const details = { field: "json", offset: node.offset, want, got };
  return new WireError("wire.invalid", `want ${want}, got ${got}`, details);
}
