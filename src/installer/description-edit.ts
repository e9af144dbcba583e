import { isMap, isNode, isScalar, isSeq, type Node, parseDocument, type YAMLSeq } from "yaml";
import { KindlingError } from "../errors.ts";
import { type NodeRole, SectionOf } from "./cluster.ts";

/**
 * Edits of a description's text: a row comes or goes, and every other letter stays as an operator wrote it.
 * The parser tells the places; it would write the whole text anew in its own hand. What the text says then
 * is read like any other description.
 */

/** A machine as a description has it; values are text and not looked at. */
export type NodeRow = {
  readonly name: string;
  readonly mac?: readonly string[];
  readonly uuid?: string;
  readonly address: string;
  readonly disk?: string;
  readonly bmc?: string;
};

/** The text with a row more, at the end of its role's list. */
export function addRow(text: string, role: NodeRole, row: NodeRow): string {
  const section = SectionOf[role];
  const { root, list } = placesOf(text, section);
  const word = isMap(root) && root.flow ? JSON.stringify(cellsOf(row)) : formatRow(row);
  if (list === undefined) {
    if (!isMap(root) || !root.flow) return insertLine(text, root, `${section}:\n  - ${word}`);
    const end = endOf(root) - 1;
    return splice(text, [end, end], `, "${section}": [${word}]`);
  }
  const last = list.items.at(-1);
  if (!isNode(last)) return splice(text, [endOf(list) - 1, endOf(list) - 1], word); // `[]`
  if (list.flow) return splice(text, [endOf(last), endOf(last)], `, ${word}`);
  return insertLine(text, last, `${marginOf(text, last)}- ${word}`);
}

/** The text without the row of this place in its role's list, and without the comment above it. */
export function removeRow(text: string, role: NodeRole, at: number): string {
  const { list, colon } = placesOf(text, SectionOf[role]);
  const item = list?.items[at];
  if (list === undefined || !isNode(item)) throw handWork(SectionOf[role]);
  if (list.flow) {
    const [before, after] = [list.items[at - 1], list.items[at + 1]];
    if (isNode(before)) return splice(text, [endOf(before), endOf(item)], "");
    return splice(text, [startOf(item), isNode(after) ? startOf(after) : endOf(item)], "");
  }
  const from = lineStart(text, lineStart(text, startOf(item)), item.commentBefore);
  const without = splice(text, [from, lineEnd(text, item) + 1], "");
  return list.items.length > 1 ? without : splice(without, [colon, colon], " []");
}

/** A row in one line, as descriptions have them. */
export function formatRow(row: NodeRow): string {
  return formatFlow(cellsOf(row));
}

function formatFlow(value: unknown): string {
  if (typeof value === "string") return isPlain(value) ? value : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(formatFlow).join(", ")}]`;
  const cells = Object.entries({ ...Object(value) });
  return `{ ${cells.map(([key, one]) => `${key}: ${formatFlow(one)}`).join(", ")} }`;
}

/** Is this the text that YAML reads where it stands without quotes? */
function isPlain(text: string): boolean {
  const isWord = /^[a-z0-9/][\w.:/+-]*$/i.test(text) && !text.endsWith(":");
  return isWord && Number.isNaN(Number(text)) && !/^(?:null|true|false)$/i.test(text);
}

function cellsOf({ name, mac = [], uuid, address, disk, bmc }: NodeRow) {
  const [only, ...more] = mac;
  return {
    name,
    ...(only !== undefined && { mac: more.length === 0 ? only : mac }),
    ...(uuid !== undefined && { uuid }),
    address,
    ...(disk !== undefined && { disk }),
    ...(bmc !== undefined && { bmc: { address: bmc } }),
  };
}

type Places = {
  readonly root: Node;
  /** Undefined where the section is not there. */
  readonly list: YAMLSeq | undefined;
  /** Behind the section's colon. */
  readonly colon: number;
};

function placesOf(text: string, section: string): Places {
  const root = parseDocument(text, { logLevel: "silent" }).contents;
  if (!isMap(root)) throw handWork("the whole");
  const pair = root.items.find(({ key }) => isScalar(key) && key.value === section);
  if (pair === undefined) return { root, list: undefined, colon: 0 };
  if (!isSeq(pair.value) || !isNode(pair.key)) throw handWork(section);
  return { root, list: pair.value, colon: text.indexOf(":", endOf(pair.key)) + 1 };
}

function handWork(what: string): KindlingError {
  const cure = "change the description by hand, and apply it";
  return new KindlingError(
    "usage.invalid",
    `${what} is not written out as a list of rows: ${cure}`,
  );
}

// proven: nodes that were parsed have a range, those that are made by hand have none
function startOf({ range }: Node): number {
  return range?.[0] ?? 0;
}

function endOf({ range }: Node): number {
  return range?.[1] ?? 0;
}

function splice(text: string, [from, to]: readonly [number, number], put: string): string {
  return text.slice(0, from) + put + text.slice(to);
}

/** A line of its own below a node. */
function insertLine(text: string, node: Node, line: string): string {
  const end = lineEnd(text, node);
  return splice(text, [end, end], `\n${line}`);
}

/** Where a node's last line ends, its comment included; one of several lines ends where the next begins. */
function lineEnd(text: string, node: Node): number {
  const at = endOf(node);
  const end = text.indexOf("\n", text[at - 1] === "\n" ? at - 1 : at);
  return end < 0 ? text.length : end;
}

/** Where the line of a place begins, or that of the comment above it. */
function lineStart(text: string, at: number, comment?: string | null): number {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  if (!comment || start === 0) return start;
  const above = text.lastIndexOf("\n", start - 2) + 1;
  return /^\s*#/.test(text.slice(above, start)) ? lineStart(text, above, comment) : start;
}

/** What stands before the dash of a row. */
function marginOf(text: string, row: Node): string {
  const line = text.slice(lineStart(text, startOf(row)), startOf(row));
  return /^\s*/.exec(line)?.[0] ?? "";
}
