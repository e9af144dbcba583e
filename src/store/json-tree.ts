import { WireError } from "../errors.ts";

/** A JSON value that knows where it stands, so that a wrong type can be shown by line and column. */
export type JsonNode = { readonly offset: number } & (
  | { readonly kind: "null" }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "list"; readonly items: readonly JsonNode[] }
  | { readonly kind: "object"; readonly members: readonly JsonMember[] }
);
/** Members in the order of the text, repeated keys included. */
export type JsonMember = { readonly key: string; readonly value: JsonNode };

/** How deep lists and objects may nest. */
const depthLimit = 200;

const Escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** JSON text (RFC 8259, no byte order mark) → tree; throws `WireError` with the offset of the fault. */
export function parseJsonTree(text: string): JsonNode {
  const cursor = new Cursor(text);
  const node = parseValue(cursor, 0);
  cursor.skipBlanks();
  if (cursor.peek() !== "") cursor.fail("the end of the file");
  return node;
}

/** 1-based line and column of an offset. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}

function parseValue(cursor: Cursor, depth: number): JsonNode {
  cursor.skipBlanks();
  if (depth > depthLimit) cursor.fail(`at most ${depthLimit} levels`);
  const offset = cursor.offset;
  switch (cursor.peek()) {
    case "{":
      return { kind: "object", offset, members: parseMembers(cursor, depth) };
    case "[":
      return { kind: "list", offset, items: parseItems(cursor, depth) };
    case '"':
      return { kind: "string", offset, value: parseString(cursor) };
    default:
      return parseWord(cursor);
  }
}

function parseMembers(cursor: Cursor, depth: number): readonly JsonMember[] {
  const members: JsonMember[] = [];
  parseSeries(cursor, ["{", "}"], () => {
    if (cursor.peek() !== '"') cursor.fail("a key in quotes");
    const key = parseString(cursor);
    cursor.skipBlanks();
    cursor.take(":");
    members.push({ key, value: parseValue(cursor, depth + 1) });
  });
  return members;
}

function parseItems(cursor: Cursor, depth: number): readonly JsonNode[] {
  const items: JsonNode[] = [];
  parseSeries(cursor, ["[", "]"], () => items.push(parseValue(cursor, depth + 1)));
  return items;
}

function parseSeries(cursor: Cursor, [open, close]: [string, string], one: () => void): void {
  cursor.take(open);
  cursor.skipBlanks();
  if (cursor.peek() !== close) {
    for (;;) {
      cursor.skipBlanks();
      one();
      cursor.skipBlanks();
      if (cursor.peek() !== ",") break;
      cursor.take(",");
    }
  }
  cursor.take(close);
}

function parseString(cursor: Cursor): string {
  cursor.take('"');
  let text = "";
  for (;;) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these in strings
    text += cursor.match(/[^"\\\u0000-\u001f]*/y) ?? "";
    if (cursor.peek() === '"') break;
    if (cursor.peek() !== "\\") cursor.fail('a closing "');
    const hex = cursor.match(/\\u[0-9a-fA-F]{4}/y);
    if (hex !== undefined) text += String.fromCharCode(Number.parseInt(hex.slice(2), 16));
    else {
      const plain = Escapes[cursor.match(/\\["\\/bfnrt]/y)?.[1] ?? ""];
      text += plain ?? cursor.fail("a known escape");
    }
  }
  cursor.take('"');
  return text.toWellFormed();
}

function parseWord(cursor: Cursor): JsonNode {
  const offset = cursor.offset;
  const number = cursor.match(/-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y);
  if (number !== undefined) {
    const value = Number(number);
    return Number.isFinite(value)
      ? { kind: "number", offset, value }
      : cursor.fail("a number that a float64 can hold");
  }
  const word = cursor.match(/true|false|null/y);
  if (word === undefined) return cursor.fail("a value");
  return word === "null"
    ? { kind: "null", offset }
    : { kind: "boolean", offset, value: word === "true" };
}

class Cursor {
  readonly #text: string;
  offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  peek(): string {
    return this.#text.charAt(this.offset);
  }

  skipBlanks(): void {
    this.match(/[ \t\r\n]*/y);
  }

  take(character: string): void {
    if (this.peek() !== character) this.fail(`"${character}"`);
    this.offset += 1;
  }

  match(sticky: RegExp): string | undefined {
    sticky.lastIndex = this.offset;
    const found = sticky.exec(this.#text)?.[0];
    this.offset += found?.length ?? 0;
    return found;
  }

  fail(want: string): never {
    const next = this.peek();
    const got = next === "" ? "the end of the file" : JSON.stringify(next);
    throw new WireError("wire.invalid", `want ${want}, got ${got}`, {
      field: "json",
      offset: this.offset,
      want,
      got,
    });
  }
}
