import { WireError } from "../../errors.ts";

/** A value of a variables file. Numbers stay text: none of ours is counted with. */
export type HclValue =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly HclValue[] }
  | { readonly kind: "map"; readonly entries: ReadonlyMap<string, HclValue> }
  | { readonly kind: "null" };

/** A variable and the line that it begins in. */
export type HclVariable = {
  readonly name: string;
  readonly value: HclValue;
  readonly line: number;
};

const textMax = 1_000_000;
const depthMax = 20;

/**
 * Reads a `terraform.tfvars`: names and values. Strings, heredocs, numbers, booleans, lists, maps and the
 * three kinds of comments; no expressions, which a variables file cannot have. Throws `WireError` with the
 * line and column of what it cannot read.
 */
export function parseHcl(text: string): readonly HclVariable[] {
  if (text.length > textMax) {
    throw new WireError("wire.too-long", `want at most ${textMax} characters, got ${text.length}`, {
      field: "tfvars",
    });
  }
  const cursor = new Cursor(text);
  const variables: HclVariable[] = [];
  for (cursor.skipBlank(); !cursor.isAtEnd(); cursor.skipBlank()) {
    const { line } = cursor.place();
    const name = cursor.take(/"?([A-Za-z_][\w-]*)"?/y, "a variable's name");
    cursor.skipBlank();
    cursor.take(/=/y, "=");
    variables.push({ name, value: readValue(cursor, 0), line });
  }
  return variables;
}

function readValue(cursor: Cursor, depth: number): HclValue {
  if (depth > depthMax) throw cursor.wrong("lists and maps less deep in each other");
  cursor.skipBlank();
  const heredoc = cursor.tryTake(/<<(-?)([A-Za-z_]\w*)\r?\n/y);
  if (heredoc !== undefined) return text(readHeredoc(cursor, heredoc));
  if (cursor.tryTake(/\[/y)) return { kind: "list", items: readItems(cursor, depth + 1) };
  if (cursor.tryTake(/\{/y)) return { kind: "map", entries: readEntries(cursor, depth + 1) };
  if (cursor.isNext('"')) return text(readString(cursor));
  const word = cursor.take(/(true|false|null|-?\d+(?:\.\d+)?)(?![\w.])/y, "a value");
  return word === "null" ? { kind: "null" } : text(word);
}

function readItems(cursor: Cursor, depth: number): readonly HclValue[] {
  const items: HclValue[] = [];
  for (cursor.skipBlank(); !cursor.tryTake(/\]/y); cursor.skipBlank()) {
    items.push(readValue(cursor, depth));
    cursor.skipBlank();
    if (!cursor.tryTake(/,/y) && !cursor.isNext("]")) throw cursor.wrong(", or ]");
  }
  return items;
}

function readEntries(cursor: Cursor, depth: number): ReadonlyMap<string, HclValue> {
  const entries = new Map<string, HclValue>();
  for (cursor.skipBlank(); !cursor.tryTake(/\}/y); cursor.skipBlank()) {
    const name = cursor.isNext('"') ? readString(cursor) : cursor.take(/([\w.-]+)/y, "a key");
    cursor.skipBlank();
    cursor.take(/[=:]/y, "=");
    entries.set(name, readValue(cursor, depth));
    cursor.skipBlank();
    cursor.tryTake(/,/y);
  }
  return entries;
}

const Escapes: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  '"': '"',
  "\\": "\\",
};

function readString(cursor: Cursor): string {
  const quoted = cursor.take(/"((?:[^"\\\n]|\\.)*)"/y, 'text that ends with "');
  return quoted.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (whole, hex?: string, letter = "") => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return Escapes[letter] ?? whole;
  });
}

// With a dash the indentation that all lines share is none of the text.
function readHeredoc(cursor: Cursor, [, dash = "", end = ""]: RegExpExecArray): string {
  const lines: string[] = [];
  for (;;) {
    if (cursor.isAtEnd()) throw cursor.wrong(`a line of ${end} alone`);
    const line = cursor.take(/([^\n]*)(?:\n|$)/y, "a line").replace(/\r$/, "");
    if (line.trim() === end) break;
    lines.push(line);
  }
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/));
  const cut = dash === "" ? 0 : Math.min(...indents, Number.MAX_SAFE_INTEGER);
  return lines.map((line) => `${line.slice(cut)}\n`).join("");
}

function text(given: string): HclValue {
  return { kind: "text", text: given };
}

class Cursor {
  readonly #text: string;
  #at = 0;

  constructor(given: string) {
    this.#text = given;
  }

  isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  isNext(letter: string): boolean {
    return this.#text.startsWith(letter, this.#at);
  }

  /** White space and comments. */
  skipBlank(): void {
    while (this.tryTake(/\s+|(?:#|\/\/)[^\n]*|\/\*[\s\S]*?\*\//y));
    if (this.isNext("/*")) throw this.wrong("*/ after this comment");
  }

  tryTake(sticky: RegExp): RegExpExecArray | undefined {
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#text);
    if (found === null) return undefined;
    this.#at = sticky.lastIndex;
    return found;
  }

  /** The first group of what is next, or all of it. */
  take(sticky: RegExp, want: string): string {
    const found = this.tryTake(sticky);
    if (found === undefined) throw this.wrong(want);
    return found[1] ?? found[0];
  }

  place(): { readonly line: number; readonly column: number } {
    const before = this.#text.slice(0, this.#at).split("\n");
    return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
  }

  wrong(want: string): WireError {
    const { line, column } = this.place();
    const next = /^[^\n]{1,20}/.exec(this.#text.slice(this.#at))?.[0];
    const got = next === undefined ? "the end" : JSON.stringify(next);
    const message = `line ${line}, column ${column}: want ${want}, got ${got}`;
    return new WireError("wire.invalid", message, { field: "tfvars", offset: this.#at, want, got });
  }
}
