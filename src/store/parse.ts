import type { Group } from "../boot/group.ts";
import type { JsonValue } from "../boot/json-value.ts";
import { canonicalMacLabel, isMacKey } from "../boot/mac-label.ts";
import type { NetBoot, Profile } from "../boot/profile.ts";
import { WireError } from "../errors.ts";
import { type JsonNode, parseJsonTree } from "./json-tree.ts";

type Fields = ReadonlyMap<string, JsonNode>;

/**
 * A group file → group, as lenient as the files in the field need: keys in any case, unknown keys
 * ignored, `null` the same as absent, the last of repeated keys. A value of the wrong type, or a
 * hardware address that is none, makes the whole file invalid: throws `WireError` with its offset.
 */
export function parseGroup(file: string, text: string): Group {
  const fields = readFields(parseJsonTree(text));
  return {
    file,
    id: readText(fields, "id"),
    name: readText(fields, "name"),
    profile: readText(fields, "profile"),
    selector: readSelector(fields.get("selector")),
    metadata: readMetadata(fields.get("metadata")),
  };
}

/** A profile file → profile, by the same rules; it needs an `id`, though not that of the file. */
export function parseProfile(file: string, text: string): Profile {
  const root = parseJsonTree(text);
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
    ...(boot === undefined ? {} : { boot: readBoot(boot) }),
  };
}

/** The text of a JSON object, or of `null` → metadata; throws `WireError` for anything else. */
export function parseMetadata(text: string): Group["metadata"] {
  return plainObject(parseJsonTree(text));
}

function readBoot(node: JsonNode): NetBoot {
  const fields = readFields(node);
  return {
    kernel: readText(fields, "kernel"),
    initrd: readTexts(fields, "initrd"),
    args: readTexts(fields, "args"),
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

function readSelector(node: JsonNode | undefined): Readonly<Record<string, string>> {
  if (node === undefined) return {};
  const pairs = membersOf(node).map(({ key, value }): [string, string] => {
    const text = textOf(value, `a string for selector "${key}"`);
    if (!isMacKey(key)) return [key, text];
    const mac = canonicalMacLabel(text);
    if (mac === undefined) throw wrong(value, `a MAC address for selector "${key}"`, `"${text}"`);
    return [key, mac];
  });
  return Object.fromEntries(pairs);
}

function readMetadata(node: JsonNode | undefined): Group["metadata"] {
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
