import { runeAt } from "./bytes.ts";
import { nameRune, quote } from "./quote.ts";

/** What a token is; each word of the language is a kind of its own. */
export type TokenKind =
  | (typeof Keywords)[number]
  | (typeof Signs)[keyof typeof Signs]
  | "text"
  | "left-delimiter"
  | "right-delimiter"
  | "space"
  | "declare"
  | "other"
  | "dot"
  | "field"
  | "variable"
  | "identifier"
  | "bool"
  | "char"
  | "number"
  | "complex"
  | "string"
  | "raw-string"
  | "end-of-input"
  | "error";

/** One piece of a template. For an error, `text` is the reason and nothing follows. */
export type Token = {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: number;
  readonly line: number;
};

/** A template's bytes as tokens, ending in "end-of-input" or in one "error". */
export function lexTemplate(input: string): readonly Token[] {
  return new Lexer(input).run();
}

/** Is this token a word of the language? Error texts write it as `<end>`. */
export function isKeyword({ kind }: Token): boolean {
  return kind === "dot" || (Keywords as readonly string[]).includes(kind); // widened: any kind
}

const Keywords = [
  "block",
  "break",
  "continue",
  "define",
  "else",
  "end",
  "if",
  "nil",
  "range",
  "template",
  "with",
] as const;

const Signs = { "=": "assign", "|": "pipe", "(": "left-paren", ")": "right-paren" } as const;

const leftDelimiter = "{{";
const LeftTrim = /-[ \t\r\n]/y;
const RightDelimiter = /(?:[ \t\r\n]-)?\}\}/y;
const Spaces = /[ \t\r\n]+/y;
const StringLiteral = /"(?:\\[^\n]|[^"\\\n])*"/y;
const RawLiteral = /`[^`]*`/y;
const CharLiteral = /'(?:\\[^\n]|[^'\\\n])*'/y;
const NumberLiteral =
  /[+-]?(?:0[xX][\da-fA-F_]*(?:\.[\da-fA-F_]*)?(?:[pP][+-]?[\d_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?[\d_]*)?)i?/y;
const Letter = /[\p{L}\p{Nd}_]/u;

class Lexer {
  readonly #input: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #line = 1;
  #depth = 0;

  constructor(input: string) {
    this.#input = input;
  }

  run(): readonly Token[] {
    while (this.#text()) {
      while (this.#inside()) {
        // Token by token up to the right delimiter.
      }
      if (this.#tokens.at(-1)?.kind === "error") return this.#tokens;
    }
    return this.#tokens;
  }

  /** The text up to the next action; true when one begins. */
  #text(): boolean {
    const open = this.#input.indexOf(leftDelimiter, this.#at);
    const end = open < 0 ? this.#input.length : open;
    const trims = open >= 0 && this.#matches(LeftTrim, open + 2) !== undefined;
    const whole = this.#input.slice(this.#at, end);
    const text = trims ? whole.replace(/[ \t\r\n]+$/, "") : whole;
    if (text !== "") this.#push("text", text);
    this.#skip(whole.length - text.length);
    if (open < 0) return this.#push("end-of-input", "");
    const marker = trims ? 2 : 0;
    if (this.#input.startsWith("/*", open + 2 + marker)) {
      this.#skip(2 + marker);
      return this.#comment() && this.#text();
    }
    this.#push("left-delimiter", leftDelimiter);
    this.#skip(marker);
    this.#depth = 0;
    return true;
  }

  #comment(): boolean {
    const end = this.#input.indexOf("*/", this.#at + 2);
    if (end < 0) return this.#fail("unclosed comment");
    const delimiter = this.#matches(RightDelimiter, end + 2);
    if (delimiter === undefined) return this.#fail("comment ends before closing delimiter");
    this.#skip(end + 2 + delimiter.length - this.#at);
    if (delimiter.length > 2) this.#skip(this.#matches(Spaces)?.length ?? 0);
    return true;
  }

  /** One token of an action; false after its last. */
  #inside(): boolean {
    const delimiter = this.#matches(RightDelimiter);
    if (delimiter !== undefined) return this.#close(delimiter);
    if (this.#at >= this.#input.length) return this.#fail("unclosed action");
    const spaces = this.#matches(Spaces);
    if (spaces !== undefined) return this.#spaces(spaces);
    const next = this.#input.charAt(this.#at);
    switch (next) {
      case "=":
      case "|":
        return this.#push(Signs[next], next);
      case "(":
      case ")":
        this.#depth += next === "(" ? 1 : -1;
        if (this.#depth < 0) return this.#fail("unexpected right paren");
        return this.#push(Signs[next], next);
      case ":":
        if (this.#input.charAt(this.#at + 1) !== "=") return this.#fail("expected :=");
        return this.#push("declare", ":=");
      case '"':
        return this.#literal("string", StringLiteral, "unterminated quoted string");
      case "`":
        return this.#literal("raw-string", RawLiteral, "unterminated raw quoted string");
      case "'":
        return this.#literal("char", CharLiteral, "unterminated character constant");
      case "$":
        return this.#name("variable", 1);
      default:
        return this.#word(next);
    }
  }

  #close(delimiter: string): boolean {
    if (this.#depth > 0) return this.#fail("unclosed left paren");
    this.#skip(delimiter.length - 2);
    this.#push("right-delimiter", "}}");
    if (delimiter.length > 2) this.#skip(this.#matches(Spaces)?.length ?? 0);
    return false;
  }

  // The space of a trim marker belongs to the delimiter, the others before it to the action.
  #spaces(spaces: string): boolean {
    const last = this.#at + spaces.length - 1;
    const marked = this.#matches(RightDelimiter, last) !== undefined;
    return this.#push("space", marked ? spaces.slice(0, -1) : spaces);
  }

  #word(next: string): boolean {
    if (next === "." && !/^\d/.test(this.#input.charAt(this.#at + 1))) {
      return this.#name("field", 1);
    }
    if (/[.+\-\d]/.test(next)) return this.#number();
    const { code } = runeAt(this.#input, this.#at);
    if (isLetter(code)) return this.#name("identifier", 0);
    if (code < 0x20 || code > 0x7e) {
      return this.#fail(`unrecognized character in action: ${nameRune(code)}`);
    }
    return this.#push("other", next);
  }

  #name(kind: "field" | "variable" | "identifier", sigil: number): boolean {
    let end = this.#at + sigil;
    while (end < this.#input.length) {
      const { code, size } = runeAt(this.#input, end);
      if (!isLetter(code)) break;
      end += size;
    }
    const name = this.#input.slice(this.#at, end);
    if (!this.#terminates(end)) {
      return this.#fail(`bad character ${nameRune(runeAt(this.#input, end).code)}`);
    }
    if (name === ".") return this.#push("dot", name);
    if (kind !== "identifier") return this.#push(kind, name);
    const keyword = Keywords.find((word) => word === name);
    return this.#push(keyword ?? (/^(?:true|false)$/.test(name) ? "bool" : kind), name);
  }

  #number(): boolean {
    const first = this.#matches(NumberLiteral) ?? "";
    const sign = this.#input.charAt(this.#at + first.length);
    const complex = sign === "+" || sign === "-";
    const second = complex ? (this.#matches(NumberLiteral, this.#at + first.length) ?? "") : "";
    const text = first + second;
    const end = this.#at + text.length;
    const runsOn = end < this.#input.length ? runeAt(this.#input, end) : undefined;
    if (runsOn !== undefined && isLetter(runsOn.code)) {
      const shown = text + this.#input.slice(end, end + runsOn.size);
      return this.#fail(`bad number syntax: ${quote(shown)}`);
    }
    if (complex && !text.endsWith("i")) return this.#fail(`bad number syntax: ${quote(text)}`);
    return this.#push(complex ? "complex" : "number", text);
  }

  #literal(kind: "string" | "raw-string" | "char", pattern: RegExp, refusal: string): boolean {
    const text = this.#matches(pattern);
    return text === undefined ? this.#fail(refusal) : this.#push(kind, text);
  }

  #terminates(at: number): boolean {
    return (
      at >= this.#input.length || /^(?:[ \t\r\n.,|:()]|\}\})/.test(this.#input.slice(at, at + 2))
    );
  }

  #matches(pattern: RegExp, at = this.#at): string | undefined {
    pattern.lastIndex = at;
    return pattern.exec(this.#input)?.[0];
  }

  #push(kind: TokenKind, text: string): boolean {
    this.#tokens.push({ kind, text, at: this.#at, line: this.#line });
    this.#skip(text.length);
    return kind !== "end-of-input";
  }

  #fail(reason: string): false {
    this.#tokens.push({ kind: "error", text: reason, at: this.#at, line: this.#line });
    return false;
  }

  #skip(count: number): void {
    const end = this.#at + count;
    for (; this.#at < end; this.#at++) if (this.#input[this.#at] === "\n") this.#line++;
  }
}

function isLetter(code: number): boolean {
  return Letter.test(String.fromCodePoint(code));
}
