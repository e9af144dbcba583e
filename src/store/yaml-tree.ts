import { type Document, isAlias, isMap, isScalar, isSeq, type Node, parseDocument } from "yaml";
import { WireError } from "../errors.ts";
import type { JsonNode } from "./json-tree.ts";

/** How deep lists and objects may nest, and how many values there may be once aliases are followed. */
const Limits = { depth: 200, values: 100_000 } as const;

/** YAML text → the same tree as of JSON, one document of it; throws `WireError` with the offset. */
export function parseYamlTree(text: string): JsonNode {
  const document = parseDocument(text, { logLevel: "silent", prettyErrors: false });
  const [problem] = document.errors;
  if (problem !== undefined) throw fault(problem.message, problem.pos[0]);
  let left: number = Limits.values;
  const convert = (node: Node | null, depth: number): JsonNode => {
    const offset = node?.range?.[0] ?? 0;
    left -= 1;
    if (left < 0) throw fault(`want at most ${Limits.values} values`, offset);
    if (depth > Limits.depth) throw fault(`want at most ${Limits.depth} levels`, offset);
    return toJson(node, { document, offset, inner: (child) => convert(child, depth + 1) });
  };
  return convert(document.contents, 0);
}

function toJson(
  node: Node | null,
  at: { document: Document; offset: number; inner: (node: Node | null) => JsonNode },
): JsonNode {
  const { document, offset, inner } = at;
  if (isAlias(node)) return inner(node.resolve(document) ?? null);
  if (isSeq<Node>(node)) return { kind: "list", offset, items: node.items.map(inner) };
  if (isMap<Node, Node | null>(node)) {
    const members = node.items.map(({ key, value }) => {
      if (!isScalar(key)) throw fault("want a plain key", key.range?.[0] ?? offset);
      return { key: String(key.value), value: inner(value) };
    });
    return { kind: "object", offset, members };
  }
  const value: unknown = isScalar(node) ? node.value : null;
  if (value === null) return { kind: "null", offset };
  if (typeof value === "string") return { kind: "string", offset, value };
  if (typeof value === "boolean") return { kind: "boolean", offset, value };
  if (typeof value === "number" && Number.isFinite(value)) return { kind: "number", offset, value };
  throw fault("want a value that JSON has as well", offset);
}

function fault(message: string, offset: number): WireError {
  return new WireError("wire.invalid", message, { field: "yaml", offset });
}
