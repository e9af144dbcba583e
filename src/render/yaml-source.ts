import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import type { Place, Reporter } from "./ignition-tree.ts";
import type { SourceEntry, SourceMap, SourceNode } from "./source-node.ts";

/** Characters of a document: the parser takes one to four seconds for so many in flow style. */
const textMax = 2_000_000;
/** Objects and lists inside each other; the schema has at most nine. */
const depthMax = 50;
/** Values with every alias written out: a few lines of aliases can stand for millions. */
const nodesMax = 200_000;

type Walk = {
  readonly text: string;
  readonly lines: LineCounter;
  readonly anchors: Map<string, Node>;
  left: number;
};

/** Ends a walk at the first thing that cannot be read. */
class Unreadable extends Error {
  readonly place: Place;

  constructor(place: Place, message: string) {
    super(message);
    this.place = place;
  }
}

/**
 * Reads the first document of a YAML text as values with their places, untyped. Reports why it
 * cannot be read, or is not an object, and returns nothing then.
 */
export function readYaml(text: string, reporter: Reporter): SourceMap | undefined {
  try {
    const node = readDocument(text);
    if (node.kind === "map") return node;
    throw new Unreadable(node.place, "want an object of keys and values");
  } catch (error) {
    if (error instanceof Unreadable) reporter.error(error.place, error.message);
    // The parser is recursive: brackets in brackets end its stack.
    else if (error instanceof RangeError) reporter.error(Start, "nested too deeply");
    else throw error;
    return undefined;
  }
}

const Start: Place = { path: "$", line: 1, column: 1 };

function readDocument(text: string): SourceNode {
  if (text.length > textMax) {
    throw new Unreadable(Start, `want at most ${textMax} characters, got ${text.length}`);
  }
  const lines = new LineCounter();
  // "failsafe" leaves every scalar as text: what 0644 or yes means depends on the schema.
  const parsed = parseAllDocuments(text, {
    schema: "failsafe",
    // The package compares each key with all others: done below, in time that grows with the text.
    uniqueKeys: false,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: "silent",
  });
  const document = Array.isArray(parsed) ? parsed[0] : undefined;
  const walk: Walk = { text, lines, anchors: new Map(), left: nodesMax };
  const [error] = document?.errors ?? [];
  if (error !== undefined) {
    throw new Unreadable(placeOf("$", error.pos[0], walk), `is no YAML: ${error.message}`);
  }
  return readNode(document?.contents, { path: "$", offset: 0, depth: 0 }, walk);
}

/** Where a value is looked for; `offset` is used for one that was left out. */
type Spot = { readonly path: string; readonly offset: number; readonly depth: number };

function readNode(node: unknown, spot: Spot, walk: Walk): SourceNode {
  const offset = (isNode(node) && node.range?.[0]) || spot.offset;
  const place = placeOf(spot.path, offset, walk);
  walk.left -= 1;
  if (walk.left < 0) throw new Unreadable(place, `want at most ${nodesMax} values`);
  if (spot.depth > depthMax) throw new Unreadable(place, "nested too deeply");
  if (isAlias(node)) {
    const target = walk.anchors.get(node.source);
    if (target !== undefined) return readNode(target, { ...spot, depth: spot.depth + 1 }, walk);
    throw new Unreadable(place, `want an anchor &${node.source} above this alias, got none`);
  }
  if (isScalar(node)) {
    remember(node, walk);
    const quoted = node.type !== "PLAIN" || node.tag?.endsWith(":str") === true;
    return { kind: "scalar", place, text: scalarText(node, walk), quoted };
  }
  if (isSeq(node)) {
    remember(node, walk);
    const items = node.items.map((item, index) => {
      return readNode(item, { path: `${spot.path}.${index}`, offset, depth: spot.depth + 1 }, walk);
    });
    return { kind: "list", place, items };
  }
  if (isMap(node)) return readMap(node, { ...spot, offset }, walk);
  return { kind: "scalar", place, text: "", quoted: false };
}

// A block at the end of a text without a final line end has none either, as the reference reads it.
function scalarText({ type, value, range }: Scalar, { text }: Walk): string {
  const atEnd = type?.startsWith("BLOCK") && range?.[1] === text.length && !text.endsWith("\n");
  return atEnd ? String(value).replace(/\n$/, "") : String(value);
}

function readMap(map: YAMLMap, spot: Spot, walk: Walk): SourceMap {
  remember(map, walk);
  const place = placeOf(spot.path, spot.offset, walk);
  const own = new Map<string, SourceEntry>();
  const inherited = new Map<string, SourceEntry>();
  for (const { key, value } of map.items) {
    const keyPlace = placeOf(spot.path, (isNode(key) && key.range?.[0]) || spot.offset, walk);
    if (!isScalar(key)) throw new Unreadable(keyPlace, "want text as a key");
    const name = String(key.value);
    const merges = name === "<<" && key.type === "PLAIN";
    const path = merges ? spot.path : `${spot.path}.${name}`;
    const offset = key.range?.[1] ?? spot.offset;
    const node = readNode(value, { path, offset, depth: spot.depth + 1 }, walk);
    for (const entry of merges ? mergedEntries(node) : []) {
      if (!inherited.has(entry.key)) inherited.set(entry.key, entry);
    }
    const first = own.get(name);
    if (first) throw new Unreadable(keyPlace, `${name} is in line ${first.place.line} already`);
    if (!merges) own.set(name, { key: name, place: { ...keyPlace, path }, value: node });
  }
  return { kind: "map", place, entries: [...new Map([...inherited, ...own]).values()] };
}

// `<<` takes an object or a list of them; of a key in several, the first counts.
function mergedEntries(node: SourceNode): readonly SourceEntry[] {
  if (node.kind === "map") return node.entries;
  if (node.kind === "list") return node.items.flatMap(mergedEntries);
  throw new Unreadable(node.place, "want an object after <<");
}

function remember(node: YAMLMap | YAMLSeq | Scalar, { anchors }: Walk): void {
  if (node.anchor !== undefined) anchors.set(node.anchor, node);
}

function placeOf(path: string, offset: number, { lines }: Walk): Place {
  const { line, col } = lines.linePos(offset);
  return { path, line: Math.max(1, line), column: Math.max(1, col) };
}
