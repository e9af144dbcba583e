import { textOf } from "./bytes.ts";
import { Cursor } from "./cursor.ts";
import type { Token } from "./lexer.ts";
import { parseString } from "./literal.ts";
import type { Body, Branch, Pipe, Statement } from "./node.ts";
import { accept, parsePipe } from "./pipeline-parser.ts";
import { quote } from "./quote.ts";

/** A parsed text and the templates it defines, itself under its own name. */
export type ParsedTemplate = {
  readonly name: string;
  readonly input: string;
  readonly bodies: ReadonlyMap<string, Body>;
};

/** What a parser is told: byte strings, and the functions that exist. */
export type ParserInput = {
  readonly name: string;
  readonly input: string;
  readonly functions: ReadonlySet<string>;
};

/** Reads a whole template; throws `TemplateError`. */
export function parseText({ name, input, functions }: ParserInput): ParsedTemplate {
  const cursor = new Cursor(input, name);
  const bodies = new Map<string, Body>();
  const parser = new Parser(cursor, functions, bodies);
  parser.define(name, parser.main());
  return { name, input, bodies };
}

/** How a list of statements ended. */
type End = { readonly kind: "end" | "else"; readonly at: number };
type Parts = { readonly body: Body; readonly end: End };

/** One template of a text: its own variables, and how many loops `{{break}}` could leave. */
class Parser {
  readonly #cursor: Cursor;
  readonly #functions: ReadonlySet<string>;
  readonly #bodies: Map<string, Body>;
  readonly #variables: string[] = ["$"];
  #loops = 0;

  constructor(cursor: Cursor, functions: ReadonlySet<string>, bodies: Map<string, Body>) {
    this.#cursor = cursor;
    this.#functions = functions;
    this.#bodies = bodies;
  }

  /** The text itself, between its definitions. */
  main(): Body {
    const body: Statement[] = [];
    while (this.#cursor.peek().kind !== "end-of-input") {
      const mark = this.#cursor.mark();
      if (this.#cursor.next().kind === "left-delimiter") {
        if (this.#cursor.nextWord().kind === "define") {
          this.#definition();
          continue;
        }
      }
      this.#cursor.rewind(mark);
      const node = this.#statement();
      if (isEnd(node)) this.#cursor.fail(`unexpected {{${node.kind}}}`);
      else body.push(node);
    }
    return body;
  }

  /** Gives a body its name; of two with one name, one must be empty. */
  define(name: string, body: Body): void {
    const old = this.#bodies.get(name);
    if (old === undefined || isEmpty(old)) this.#bodies.set(name, body);
    else if (!isEmpty(body)) {
      this.#cursor.fail(`template: multiple definition of template ${quote(name)}`);
    }
  }

  #definition(): void {
    const context = "define clause";
    const token = this.#cursor.expect(["string", "raw-string"], context);
    const name = accept(this.#cursor, parseString(token.text));
    this.#cursor.expect(["right-delimiter"], context);
    this.#inner(name, context);
  }

  // A template within the text sees neither the variables nor the loops around it.
  #inner(name: string, context: string): void {
    const parser = new Parser(this.#cursor, this.#functions, this.#bodies);
    const { body, end } = parser.#list();
    if (end.kind !== "end") this.#cursor.fail(`unexpected {{${end.kind}}} in ${context}`);
    this.define(name, body);
  }

  #list(): Parts {
    const body: Statement[] = [];
    while (this.#cursor.peekWord().kind !== "end-of-input") {
      const node = this.#statement();
      if (isEnd(node)) return { body, end: node };
      body.push(node);
    }
    return this.#cursor.fail("unexpected EOF");
  }

  #statement(): Statement | End {
    const token = this.#cursor.nextWord();
    if (token.kind === "text") return { kind: "text", at: token.at, text: token.text };
    if (token.kind !== "left-delimiter") return this.#cursor.unexpected(token, "input");
    return this.#cursor.inAction(token.line, () => this.#action());
  }

  #action(): Statement | End {
    const mark = this.#cursor.mark();
    const token = this.#cursor.nextWord();
    switch (token.kind) {
      case "block":
        return this.#block();
      case "break":
      case "continue":
        return this.#jump(token.kind, token.at);
      case "else":
        return this.#else(token);
      case "end":
        this.#cursor.expect(["right-delimiter"], "end");
        return { kind: "end", at: token.at };
      case "if":
      case "with":
      case "range":
        return this.#branch(token.kind);
      case "template":
        return this.#call();
      default: {
        this.#cursor.rewind(mark);
        const at = this.#cursor.peekWord().at;
        return { kind: "action", at, pipe: this.#pipe("command") };
      }
    }
  }

  #pipe(name: string): Pipe {
    const scope = { variables: this.#variables, functions: this.#functions };
    return parsePipe(this.#cursor, scope, { name, end: "right-delimiter" });
  }

  #jump(kind: "break" | "continue", at: number): Statement {
    const token = this.#cursor.nextWord();
    if (token.kind !== "right-delimiter") this.#cursor.unexpected(token, `{{${kind}}}`);
    if (this.#loops === 0) this.#cursor.fail(`{{${kind}}} outside {{range}}`);
    return { kind, at };
  }

  // `{{else if}}` is an else whose branch begins at the word that follows.
  #else({ at }: Token): End {
    const { kind } = this.#cursor.peekWord();
    if (kind !== "if" && kind !== "with") this.#cursor.expect(["right-delimiter"], "else");
    return { kind: "else", at };
  }

  #branch(kind: Branch["kind"]): Branch {
    const scope = this.#variables.length;
    const pipe = this.#pipe(kind);
    const loop = kind === "range" ? 1 : 0;
    this.#loops += loop;
    const { body, end } = this.#cursor.nested(() => this.#list());
    this.#loops -= loop;
    const otherwise = end.kind === "else" ? this.#otherwise(kind) : undefined;
    this.#variables.length = scope;
    const branch = { kind, at: pipe.at, pipe, body };
    return otherwise === undefined ? branch : { ...branch, otherwise };
  }

  #otherwise(kind: Branch["kind"]): Body {
    const { kind: word } = this.#cursor.peek();
    if (kind !== "range" && word === kind) {
      this.#cursor.next();
      return [this.#cursor.nested(() => this.#branch(kind))]; // one {{end}} closes both
    }
    const { body, end } = this.#cursor.nested(() => this.#list());
    if (end.kind !== "end") this.#cursor.fail(`expected end; found {{${end.kind}}}`);
    return body;
  }

  #call(): Statement {
    const context = "template clause";
    const token = this.#cursor.nextWord();
    const name = this.#templateName(token, context);
    const mark = this.#cursor.mark();
    const call = { kind: "template", at: token.at, name } as const;
    if (this.#cursor.nextWord().kind === "right-delimiter") return call;
    this.#cursor.rewind(mark);
    return { ...call, pipe: this.#pipe(context) };
  }

  #block(): Statement {
    const context = "block clause";
    const token = this.#cursor.nextWord();
    const name = this.#templateName(token, context);
    const pipe = this.#pipe(context);
    this.#cursor.nested(() => this.#inner(name, context));
    return { kind: "template", at: token.at, name, pipe };
  }

  #templateName(token: Token, context: string): string {
    if (token.kind !== "string" && token.kind !== "raw-string") {
      return this.#cursor.unexpected(token, context);
    }
    return accept(this.#cursor, parseString(token.text));
  }
}

function isEnd(node: Statement | End): node is End {
  return node.kind === "end" || node.kind === "else";
}

function isEmpty(body: Body): boolean {
  return body.every((node) => node.kind === "text" && textOf(node.text).trim() === "");
}
