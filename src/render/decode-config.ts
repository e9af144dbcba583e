import {
  isShape,
  type Member,
  type MemberType,
  membersOf,
  type Shape,
  snakeCase,
} from "./ignition-schema.ts";
import type { Reporter, Struct, Tree } from "./ignition-tree.ts";
import { booleanOf, integerOf, isNothing, type SourceMap, type SourceNode } from "./source-node.ts";

export type DecodeOptions = {
  readonly language: "butane" | "ignition";
  /** Minor version of Ignition 3 that decides which members exist. */
  readonly minor: number;
  readonly reporter: Reporter;
};

/**
 * Reads what was written as the object of a shape. A wrong type is an error; a key that the shape
 * does not have is a warning and left out, as the reference does when it is not strict.
 */
export function decodeConfig(node: SourceMap, shape: Shape, options: DecodeOptions): Struct {
  const known = new Map(
    membersOf(shape, options.language, options.minor).map((one) => [spell(one, options), one]),
  );
  const members = new Map<string, Tree>();
  for (const { key, place, value } of node.entries) {
    const member = known.get(key);
    if (member === undefined) options.reporter.warn(place, unknownKey(key, known));
    else if (!isNothing(value)) {
      const decoded = decodeValue(value, member.type, options);
      if (decoded !== undefined) members.set(member.name, decoded);
    }
  }
  return { kind: "struct", place: node.place, members };
}

function decodeValue(node: SourceNode, type: MemberType, options: DecodeOptions): Tree | undefined {
  if (isShape(type)) {
    if (node.kind === "map") return decodeConfig(node, type, options);
    return wrongType(node, "an object", options);
  }
  if (typeof type === "object") {
    if (node.kind !== "list") return wrongType(node, "a list", options);
    const items = node.items.flatMap((item) => decodeItem(item, type.list, options) ?? []);
    return { kind: "list", place: node.place, items };
  }
  if (node.kind !== "scalar") return wrongType(node, TypeNames[type], options);
  const { place } = node;
  if (type === "string") {
    if (options.language === "ignition" && !node.quoted) {
      return wrongType(node, TypeNames.string, options);
    }
    return { kind: "leaf", place, value: node.text };
  }
  const value = type === "integer" ? integerOf(node) : booleanOf(node);
  if (value === undefined) return wrongType(node, TypeNames[type], options);
  return { kind: "leaf", place, value };
}

// Nothing in a list is an item that holds nothing.
function decodeItem(node: SourceNode, type: MemberType, options: DecodeOptions): Tree | undefined {
  if (!isNothing(node)) return decodeValue(node, type, options);
  const { place } = node;
  return isShape(type)
    ? { kind: "struct", place, members: new Map() }
    : { kind: "leaf", place, value: "" };
}

const TypeNames = {
  string: "text",
  integer: "a whole number",
  boolean: "true or false",
} as const;

function wrongType(node: SourceNode, want: string, { reporter }: DecodeOptions): undefined {
  reporter.error(node.place, `want ${want}, got ${describe(node)}`);
}

function describe(node: SourceNode): string {
  if (node.kind !== "scalar") return node.kind === "map" ? "an object" : "a list";
  const text = node.text.length > 40 ? `${node.text.slice(0, 40)}…` : node.text;
  return node.quoted ? `the text ${JSON.stringify(text)}` : text;
}

function unknownKey(key: string, known: ReadonlyMap<string, Member>): string {
  const near = [...known.keys()].find((name) => sameLetters(name) === sameLetters(key));
  const cure = near === undefined ? "it is ignored" : `it is ignored; did you mean ${near}?`;
  return `unknown key ${key}: ${cure}`;
}

function sameLetters(key: string): string {
  return key.toLowerCase().replaceAll(/[-_]/g, "");
}

function spell({ name }: Member, { language }: DecodeOptions): string {
  return language === "butane" ? snakeCase(name) : name;
}
