import { textOf } from "./bytes.ts";
import { placeOf, TemplateError } from "./error.ts";
import { isKeyword, lexTemplate, type Token, type TokenKind } from "./lexer.ts";
import { quote } from "./quote.ts";

/** How deep parentheses, branches and blocks may nest, all together. */
const nestingMax = 100;

/** The place in a template's tokens, and how to say that something is wrong there. */
export class Cursor {
  readonly input: string;
  readonly #name: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  /** Errors name the line of the furthest token that was looked at, as Go's do. */
  #furthest = 0;
  #depth = 0;
  #actionLine = 0;

  constructor(input: string, name: string) {
    this.input = input;
    this.#name = name;
    this.#tokens = lexTemplate(input);
  }

  next(): Token {
    const token = this.peek();
    if (this.#next < this.#tokens.length - 1) this.#next++;
    return token;
  }

  peek(): Token {
    this.#furthest = Math.max(this.#furthest, this.#next);
    return this.#at(this.#next);
  }

  nextWord(): Token {
    if (this.peek().kind === "space") this.next();
    return this.next();
  }

  peekWord(): Token {
    if (this.peek().kind === "space") this.next();
    return this.peek();
  }

  /** The next word if it is of this kind; else an error that names the clause. */
  expect(kinds: readonly TokenKind[], context: string): Token {
    const token = this.nextWord();
    return kinds.includes(token.kind) ? token : this.unexpected(token, context);
  }

  /** The place now; hand it to `rewind` to read the same tokens again. */
  mark(): number {
    return this.#next;
  }

  rewind(mark: number): void {
    this.#next = mark;
  }

  /** Runs `parse` one level deeper. */
  nested<T>(parse: () => T): T {
    if (this.#depth === nestingMax) this.fail(`nested deeper than ${nestingMax}`);
    this.#depth++;
    const result = parse();
    this.#depth--;
    return result;
  }

  /** Remembers where an action began, for the error of one that does not end. */
  inAction<T>(line: number, parse: () => T): T {
    this.#actionLine = line;
    const result = parse();
    this.#actionLine = 0;
    return result;
  }

  unexpected(token: Token, context: string): never {
    if (token.kind !== "error") return this.fail(`unexpected ${nameToken(token)} in ${context}`);
    const line = this.#actionLine;
    const start = `started at ${this.#name}:${line}`;
    const where = token.text.endsWith(" action") ? ` ${start}` : ` in action ${start}`;
    return this.fail(token.text + (line === 0 || line === token.line ? "" : where));
  }

  fail(reason: string): never {
    const token = this.#at(this.#furthest);
    const message = `template: ${this.#name}:${token.line}: ${textOf(reason)}`;
    throw new TemplateError("template.invalid", message, placeOf(this.input, token.at));
  }

  #at(index: number): Token {
    const token = this.#tokens[index];
    if (token === undefined) throw new RangeError(`no token ${index}`); // the last is never passed
    return token;
  }
}

function nameToken(token: Token): string {
  if (token.kind === "end-of-input") return "EOF";
  if (isKeyword(token)) return `<${token.text}>`;
  return token.text.length > 10 ? `${quote(token.text.slice(0, 10))}...` : quote(token.text);
}
