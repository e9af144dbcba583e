import type { Cursor } from "./cursor.ts";
import type { Token, TokenKind } from "./lexer.ts";
import { type Parsed, parseChar, parseNumber, parseString } from "./literal.ts";
import { type Command, formatNode, type Operand, type Pipe, type Variable } from "./node.ts";

/** What a pipeline may name: the variables in sight, which it adds to, and the functions. */
export type Scope = { readonly variables: string[]; readonly functions: ReadonlySet<string> };

/** What a pipeline belongs to, as error texts say it, and the token that ends it. */
export type PipeContext = { readonly name: string; readonly end: TokenKind };

/** Reads a pipeline and its end token; what it declares stays in `scope`. */
export function parsePipe(cursor: Cursor, scope: Scope, context: PipeContext): Pipe {
  const at = cursor.peekWord().at;
  const { declares, assigns } = parseDeclarations(cursor, scope, context);
  const commands: Command[] = [];
  for (;;) {
    const mark = cursor.mark();
    const token = cursor.nextWord();
    if (token.kind === context.end) break;
    if (!StartsOperand.has(token.kind)) cursor.unexpected(token, context.name);
    cursor.rewind(mark);
    commands.push(parseCommand(cursor, scope));
  }
  if (commands.length === 0) cursor.fail(`missing value for ${context.name}`);
  const misplaced = commands.findIndex(({ words }, index) => index > 0 && !isCallable(words[0]));
  if (misplaced > 0) cursor.fail(`non executable command in pipeline stage ${misplaced + 1}`);
  return { kind: "pipe", at, declares, assigns, commands };
}

/** The value of a literal, or an error at the cursor. */
export function accept<T>(cursor: Cursor, parsed: Parsed<T>): T {
  return "refusal" in parsed ? cursor.fail(parsed.refusal) : parsed.value;
}

const StartsOperand: ReadonlySet<TokenKind> = new Set<TokenKind>([
  ...(["bool", "char", "complex", "dot", "field", "identifier", "number", "nil"] as const),
  ...(["raw-string", "string", "variable", "left-paren"] as const),
]);

function isCallable(word: Operand | undefined): boolean {
  return !["bool", "dot", "nil", "integer", "float", "string"].includes(word?.kind ?? "");
}

type Declarations = { readonly declares: readonly Variable[]; readonly assigns: boolean };

// `$x :=`, `$x =` and, in range, `$i, $x :=`. A `$x` that none of these follows is an operand.
function parseDeclarations(cursor: Cursor, scope: Scope, context: PipeContext): Declarations {
  const declares: Variable[] = [];
  while (cursor.peekWord().kind === "variable") {
    const mark = cursor.mark();
    const token = cursor.next();
    const sign = cursor.peekWord();
    const isComma = sign.kind === "other" && sign.text === ",";
    if (sign.kind !== "assign" && sign.kind !== "declare" && !isComma) {
      cursor.rewind(mark);
      break;
    }
    cursor.next();
    declares.push({ kind: "variable", at: token.at, path: [token.text] });
    scope.variables.push(token.text);
    if (!isComma) return { declares, assigns: sign.kind === "assign" };
    if (context.name !== "range" || declares.length === 2) {
      cursor.fail(`too many declarations in ${context.name}`);
    }
    const after = cursor.peekWord().kind;
    if (after !== "variable" && after !== "right-delimiter" && after !== "right-paren") {
      cursor.fail("range can only initialize variables");
    }
  }
  return { declares, assigns: false };
}

function parseCommand(cursor: Cursor, scope: Scope): Command {
  const at = cursor.peekWord().at;
  const words: Operand[] = [];
  for (;;) {
    cursor.peekWord();
    const operand = parseOperand(cursor, scope);
    if (operand !== undefined) words.push(operand);
    const mark = cursor.mark();
    const token = cursor.next();
    if (token.kind === "space") continue;
    if (token.kind === "right-delimiter" || token.kind === "right-paren") cursor.rewind(mark);
    else if (token.kind !== "pipe") cursor.unexpected(token, "operand");
    break;
  }
  if (words.length === 0) cursor.fail("empty command");
  return { kind: "command", at, words };
}

// A term and the fields that hang on it.
function parseOperand(cursor: Cursor, scope: Scope): Operand | undefined {
  const term = parseTerm(cursor, scope);
  if (term === undefined || cursor.peek().kind !== "field") return term;
  const at = cursor.peek().at;
  const path: string[] = [];
  while (cursor.peek().kind === "field") path.push(cursor.next().text.slice(1));
  switch (term.kind) {
    case "field":
    case "variable":
      return { ...term, at, path: [...term.path, ...path] };
    case "pipe":
    case "identifier":
      return { kind: "chain", at, from: term, path };
    default:
      return cursor.fail(`unexpected . after term ${JSON.stringify(formatNode(term))}`);
  }
}

function parseTerm(cursor: Cursor, scope: Scope): Operand | undefined {
  const mark = cursor.mark();
  const token = cursor.nextWord();
  const { kind, text, at } = token;
  switch (kind) {
    case "identifier":
      if (!scope.functions.has(text)) cursor.fail(`function "${text}" not defined`);
      return { kind, at, name: text };
    case "dot":
    case "nil":
      return { kind, at };
    case "variable":
      if (!scope.variables.includes(text)) cursor.fail(`undefined variable "${text}"`);
      return { kind, at, path: [text] };
    case "field":
      return { kind, at, path: [text.slice(1)] };
    case "bool":
      return { kind, at, text, value: text === "true" };
    case "left-paren": {
      const context = { name: "parenthesized pipeline", end: "right-paren" } as const;
      return cursor.nested(() => parsePipe(cursor, scope, context));
    }
    case "string":
    case "raw-string":
      return { kind: "string", at, text, value: accept(cursor, parseString(text)) };
    default: {
      const number = parseNumeric(cursor, token);
      if (number === undefined) cursor.rewind(mark);
      return number;
    }
  }
}

function parseNumeric(cursor: Cursor, { kind, text, at }: Token): Operand | undefined {
  if (kind === "complex" || (kind === "number" && text.endsWith("i"))) {
    return cursor.fail(`complex number ${text}: write a real one`);
  }
  if (kind === "char") return { at, text, ...accept(cursor, parseChar(text)) };
  return kind === "number" ? { at, text, ...accept(cursor, parseNumber(text)) } : undefined;
}
