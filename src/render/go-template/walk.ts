import { bytesOf, textOf } from "./bytes.ts";
import { CallError } from "./error.ts";
import { evaluatePipe, type Scene } from "./evaluate.ts";
import type { Body, Branch, Pipe, Statement, TemplateCall } from "./node.ts";
import { print } from "./printf.ts";
import { quote } from "./quote.ts";
import { Frame, type Running } from "./run.ts";
import {
  boxed,
  type Concrete,
  intValue,
  isMap,
  isTrue,
  sortedEntries,
  stringValue,
  unboxed,
  type Value,
} from "./value.ts";

/** Whether the statements after this one run, or a loop around them ends or goes on. */
export type Flow = "next" | "break" | "continue";

/** Runs statements in order; what they print goes to the run. */
export function walkBody(scene: Scene, body: Body): Flow {
  for (const statement of body) {
    const flow = walk(scene, statement);
    if (flow !== "next") return flow;
  }
  return "next";
}

function walk(scene: Scene, statement: Statement): Flow {
  const { frame } = scene;
  frame.at(statement);
  frame.step();
  switch (statement.kind) {
    case "text":
      frame.write(statement.text);
      return "next";
    case "action": {
      const value = evaluatePipe(scene, statement.pipe);
      if (statement.pipe.declares.length === 0) printValue(frame, value);
      return "next";
    }
    case "template":
      callTemplate(scene, statement);
      return "next";
    case "break":
    case "continue":
      return statement.kind;
    case "range":
      return scoped(frame, () => walkRange(scene, statement));
    default:
      return scoped(frame, () => walkBranch(scene, statement));
  }
}

// What a branch declares ends with it.
function scoped(frame: Frame, action: () => Flow): Flow {
  const mark = frame.mark();
  frame.enter();
  const flow = action();
  frame.leave();
  frame.forget(mark);
  return flow;
}

function printValue(frame: Frame, value: Value): void {
  const inside = unboxed(value);
  try {
    frame.write(print([inside ?? stringValue("<no value>")], frame.run.limits.bytesMax));
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    frame.fail(error.message);
  }
}

function walkBranch(scene: Scene, { kind, pipe, body, otherwise = [] }: Branch): Flow {
  const value = evaluatePipe(scene, pipe);
  if (!isTrue(value)) return walkBody(scene, otherwise);
  return walkBody(kind === "with" ? { ...scene, dot: value } : scene, body);
}

function walkRange(scene: Scene, node: Branch): Flow {
  const { frame } = scene;
  const { pipe, body, otherwise = [] } = node;
  const value = unboxed(evaluatePipe(scene, pipe));
  const mark = frame.mark();
  let isEmpty = true;
  for (const item of itemsOf(scene, value, pipe)) {
    isEmpty = false;
    frame.step(); // even an empty body takes its time
    bindItem(frame, pipe, item);
    const flow = walkBody({ ...scene, dot: item.value }, body);
    frame.forget(mark);
    if (flow === "break") break;
  }
  return isEmpty ? walkBody(scene, otherwise) : "next";
}

type Item = { readonly key: Value; readonly value: Value };

// A list's items, a map's in the order of its keys, the numbers below an integer.
function* itemsOf({ frame }: Scene, value: Concrete | undefined, pipe: Pipe): Generator<Item> {
  if (value === undefined) return;
  if (value.kind === "list") {
    for (const [index, data] of value.items.entries()) {
      yield { key: intValue(index), value: boxed(data) };
    }
  } else if (isMap(value)) {
    for (const { key, data } of sortedEntries(value)) {
      const member = value.kind === "map" ? boxed(data) : unboxed(boxed(data));
      yield { key: stringValue(key), value: member };
    }
  } else if (value.kind === "int" || value.kind === "uint8") {
    if (pipe.declares.length > 1) {
      frame.fail(`can't use ${value.value} to iterate over more than one variable`);
    }
    for (let number = 0n; number < value.value; number++) {
      yield { key: undefined, value: { kind: value.kind, value: number } };
    }
  } else {
    const shown = print([value], frame.run.limits.bytesMax);
    frame.fail(`range can't iterate over ${shown}`);
  }
}

// One variable is the item, two are its key and the item. The pipeline gave them its own value, which
// the else of an empty range sees; each round shadows that.
function bindItem(frame: Frame, { declares, assigns }: Pipe, { key, value }: Item): void {
  const names = declares.map(({ path: [name = ""] }) => name);
  const values = names.length > 1 ? [key, value] : [value];
  names.forEach((name, index) => {
    if (assigns) frame.assign(name, values[index]);
    else frame.declare(name, values[index]);
  });
}

// The called template sees its argument only, no variable of the caller.
function callTemplate(scene: Scene, call: TemplateCall): void {
  const { frame } = scene;
  const called = findCalled(frame, call.name);
  frame.enter();
  const data = call.pipe === undefined ? undefined : evaluatePipe(scene, call.pipe);
  const run = () => {
    const inner = new Frame(frame.run, { template: called.template, name: called.name }, data);
    walkBody({ frame: inner, dot: data }, called.body);
  };
  if (called.template === frame.template) run();
  else frame.inPartial(call.name, run);
  frame.leave();
}

type Called = Running & { readonly body: Body };

// What a text defines itself goes before a partial, so a partial added later changes no text that
// worked without it.
function findCalled(frame: Frame, name: string): Called {
  const { template, run } = frame;
  const own = template.bodies.get(name);
  if (own !== undefined) return { template, name, body: own };
  const undefinedName = `template ${quote(name)} not defined`;
  if (run.findPartial === undefined) return frame.fail(undefinedName);
  const found = run.findPartial(textOf(name));
  if (found.kind === "absent") return frame.fail(`${undefinedName}: ${bytesOf(found.reason)}`);
  const { name: file, bodies } = found.template;
  return { template: found.template, name: file, body: bodies.get(file) ?? [] };
}
