import { CallError } from "./error.ts";
import { Functions, type Parameter, type TemplateFunction } from "./functions.ts";
import { type Command, formatNode, type Literal, type Operand, type Pipe } from "./node.ts";
import { quote } from "./quote.ts";
import type { Frame } from "./run.ts";
import {
  boxed,
  type Concrete,
  entryOf,
  intValue,
  isMap,
  isTrue,
  stringValue,
  typeName,
  unboxed,
  type Value,
} from "./value.ts";

/** Where an expression is evaluated: the template, and what `.` means there. */
export type Scene = { readonly frame: Frame; readonly dot: Value };

/** The value of a pipeline; what it declares stays in the frame. */
export function evaluatePipe(scene: Scene, pipe: Pipe): Value {
  const { frame } = scene;
  frame.at(pipe);
  frame.enter();
  let piped: Piped | undefined;
  for (const command of pipe.commands) {
    piped = { value: unboxed(evaluateCommand(scene, command, piped)) };
  }
  const value = piped?.value;
  for (const { path } of pipe.declares) {
    const [name = ""] = path;
    if (pipe.assigns) frame.assign(name, value);
    else frame.declare(name, value);
  }
  frame.leave();
  return value;
}

/** The result of the command before, which becomes the last argument of the next. */
type Piped = { readonly value: Value };

/** A function's or a field's arguments: words of the command, then the value piped in. */
type Arguments = { readonly words: readonly Operand[]; readonly piped: Piped | undefined };

const noArguments: Arguments = { words: [], piped: undefined };

function evaluateCommand(scene: Scene, command: Command, piped: Piped | undefined): Value {
  const { frame, dot } = scene;
  frame.step();
  const [first, ...words] = command.words;
  if (first === undefined) return frame.fail("empty command"); // the parser refuses those
  const given = { words, piped };
  switch (first.kind) {
    case "identifier":
      frame.at(first);
      return call(scene, { name: first.name, node: command }, given);
    case "field":
    case "chain":
    case "variable":
      return evaluatePath(scene, first, given);
    case "pipe":
      refuseArguments(scene, first, given);
      return evaluatePipe(scene, first);
    case "dot":
      frame.at(first);
      refuseArguments(scene, first, given);
      return dot;
    case "nil":
      frame.at(first);
      refuseArguments(scene, first, given);
      return frame.fail("nil is not a command");
    default:
      frame.at(first);
      refuseArguments(scene, first, given);
      return evaluateLiteral(scene, first);
  }
}

function refuseArguments({ frame }: Scene, node: Operand, { words, piped }: Arguments): void {
  if (words.length === 0 && piped === undefined) return;
  frame.fail(`can't give argument to non-function ${formatNode(node)}`);
}

type PathNode = Extract<Operand, { path: unknown }>;

// `.a.b`, `$x.a.b`, `(pipeline).a.b`.
function evaluatePath(scene: Scene, node: PathNode, given: Arguments): Value {
  const { frame, dot } = scene;
  frame.at(node);
  if (node.kind === "field") return walkPath(scene, { value: dot, path: node.path }, given);
  if (node.kind === "variable") {
    const [name = "", ...path] = node.path;
    const value = frame.valueOf(name);
    if (path.length > 0) return walkPath(scene, { value, path }, given);
    refuseArguments(scene, node, given);
    return value;
  }
  if (node.from.kind === "nil")
    frame.fail(`indirection through explicit nil in ${formatNode(node)}`);
  const value = evaluateArgument(scene, node.from, "value");
  return walkPath(scene, { value, path: node.path }, given);
}

type Walk = { readonly value: Value; readonly path: readonly string[] };

function walkPath(scene: Scene, { value, path }: Walk, given: Arguments): Value {
  let result = value;
  path.forEach((name, index) => {
    const isLast = index === path.length - 1;
    result = fieldOf(scene, { value: result, name }, isLast ? given : noArguments);
  });
  return result;
}

type Access = { readonly value: Value; readonly name: string };

// missingkey=error: a key that is not there ends the rendering.
function fieldOf({ frame }: Scene, { value, name }: Access, given: Arguments): Value {
  if (value === undefined) return frame.fail(`nil data; no entry for key ${quote(name)}`);
  const inside = unboxed(value);
  if (inside === undefined) return frame.fail(`nil pointer evaluating interface {}.${name}`);
  if (!isMap(inside)) return frame.fail(`can't evaluate field ${name} in type ${typeName(value)}`);
  if (given.words.length > 0 || given.piped !== undefined) {
    return frame.fail(`${name} is not a method but has arguments`);
  }
  return entryOf(inside, name) ?? frame.fail(`map has no entry for key ${quote(name)}`);
}

type Callee = { readonly name: string; readonly node: Command | Operand };

function call(scene: Scene, { name, node }: Callee, { words, piped }: Arguments): Value {
  const { frame } = scene;
  const callee = Functions.get(name);
  if (callee === undefined) return frame.fail(`${quote(name)} is not a defined function`);
  const { parameters, rest, stopsAt } = callee;
  const count = words.length + (piped === undefined ? 0 : 1);
  const wants = parameters.length;
  if (rest !== undefined && count < wants) {
    frame.fail(`wrong number of args for ${name}: want at least ${wants} got ${words.length}`);
  }
  if (rest === undefined && count !== wants) {
    frame.fail(`wrong number of args for ${name}: want ${wants} got ${count}`);
  }
  const args: Value[] = [];
  for (const word of words) {
    const value = evaluateArgument(scene, word, parameterAt(callee, args.length));
    if (stopsAt !== undefined && isTrue(value) === stopsAt) return value;
    args.push(value);
  }
  if (piped !== undefined) {
    args.push(accept(scene, piped.value, parameterAt(callee, args.length)));
  }
  try {
    return callee.call(args, frame.run.limits.bytesMax);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    frame.at(node);
    return frame.fail(`error calling ${name}: ${error.message}`);
  }
}

function parameterAt({ parameters, rest = "value" }: TemplateFunction, index: number): Parameter {
  return parameters[index] ?? rest;
}

function evaluateArgument(scene: Scene, word: Operand, wanted: Parameter): Value {
  const { frame, dot } = scene;
  frame.at(word);
  switch (word.kind) {
    case "dot":
      return accept(scene, dot, wanted);
    case "nil":
      return wanted === "string" ? frame.fail("cannot assign nil to string") : undefined;
    case "field":
    case "variable":
    case "chain":
      return accept(scene, evaluatePath(scene, word, noArguments), wanted);
    case "pipe":
      return accept(scene, evaluatePipe(scene, word), wanted);
    case "identifier":
      return accept(scene, call(scene, { name: word.name, node: word }, noArguments), wanted);
    default:
      if (wanted === "string" && word.kind !== "string") {
        return frame.fail(`expected string; found ${word.text}`);
      }
      return evaluateLiteral(scene, word);
  }
}

// A value as a function's parameter takes it.
function accept({ frame }: Scene, value: Value, wanted: Parameter): Value {
  if (wanted === "value") return value;
  if (wanted === "any") return unboxed(value);
  if (value === undefined) return frame.fail("invalid value; expected string");
  const inside = unboxed(value);
  if (inside?.kind === "string") return inside;
  const got = typeName(inside ?? boxed(null));
  return frame.fail(`wrong type for value; expected string; got ${got}`);
}

function evaluateLiteral({ frame }: Scene, literal: Literal): Concrete {
  switch (literal.kind) {
    case "bool":
      return { kind: "bool", value: literal.value };
    case "string":
      return stringValue(literal.value);
    case "float":
      return { kind: "float64", value: literal.value };
    case "integer":
      if (literal.value >= 2n ** 63n) frame.fail(`${literal.text} overflows int`);
      return intValue(literal.value);
  }
}
