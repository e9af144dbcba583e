import { isEqual, isLess } from "./compare.ts";
import { CallError } from "./error.ts";
import { escapeHtml, escapeJs, escapeQuery } from "./escape.ts";
import { indexInto, lengthOf, sliceOf } from "./member.ts";
import { print, printf, println } from "./printf.ts";
import {
  type Concrete,
  intValue,
  isTrue,
  stringValue,
  typeName,
  unboxed,
  type Value,
} from "./value.ts";

/** What an argument becomes: left as it is, taken out of its interface, or refused if no string. */
export type Parameter = "value" | "any" | "string";

/** A function of the language. `call` throws `CallError`; its strings stay below `bytesMax`. */
export type TemplateFunction = {
  readonly parameters: readonly Parameter[];
  /** The type of any further arguments; without it there are none. */
  readonly rest?: Parameter;
  /** `and` stops at the first false argument, `or` at the first true one. */
  readonly stopsAt?: boolean;
  call(args: readonly Value[], bytesMax: number): Value;
};

/** Every function that a template may call. */
export const Functions: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  // The evaluator ends them early; what arrives here is the last argument.
  ["and", { parameters: ["value"], rest: "value", stopsAt: false, call: (args) => args.at(-1) }],
  ["or", { parameters: ["value"], rest: "value", stopsAt: true, call: (args) => args.at(-1) }],
  ["not", { parameters: ["value"], call: ([value]) => bool(!isTrue(value)) }],
  ["call", { parameters: ["value"], rest: "value", call: ([value]) => refuseCall(value) }],
  ["len", { parameters: ["value"], call: ([value]) => intValue(lengthOf(value)) }],
  ["index", { parameters: ["value"], rest: "value", call: ([item, ...at]) => indexInto(item, at) }],
  ["slice", { parameters: ["value"], rest: "value", call: ([item, ...at]) => sliceOf(item, at) }],
  ["eq", { parameters: ["value"], rest: "value", call: ([a, ...b]) => bool(isEqual(a, b)) }],
  ["ne", comparing((a, b) => !isEqual(a, [b]))],
  ["lt", comparing(isLess)],
  ["le", comparing((a, b) => isLess(a, b) || isEqual(a, [b]))],
  ["gt", comparing((a, b) => !isLess(a, b) && !isEqual(a, [b]))],
  ["ge", comparing((a, b) => !isLess(a, b))],
  ["print", printing(print)],
  ["println", printing(println)],
  ["printf", { parameters: ["string"], rest: "any", call: callPrintf }],
  ["html", printing((args, bytesMax) => escapeHtml(joined(args, bytesMax)))],
  ["js", printing((args, bytesMax) => escapeJs(joined(args, bytesMax)))],
  ["urlquery", printing((args, bytesMax) => escapeQuery(joined(args, bytesMax)))],
]);

function bool(value: boolean): Concrete {
  return { kind: "bool", value };
}

function comparing(compare: (a: Value, b: Value) => boolean): TemplateFunction {
  return { parameters: ["value", "value"], call: ([a, b]) => bool(compare(a, b)) };
}

type Print = (args: readonly (Concrete | undefined)[], bytesMax: number) => string;

function printing(write: Print): TemplateFunction {
  return {
    parameters: [],
    rest: "any",
    call: (args, bytesMax) => stringValue(write(args.map(unboxed), bytesMax)),
  };
}

function callPrintf([format, ...args]: readonly Value[], bytesMax: number): Concrete {
  const text = format?.kind === "string" ? format.value : "";
  return stringValue(printf(text, args.map(unboxed), bytesMax));
}

// Escaping writes a nil as a template prints it.
function joined(args: readonly (Concrete | undefined)[], bytesMax: number): string {
  return print(
    args.map((arg) => arg ?? stringValue("<no value>")),
    bytesMax,
  );
}

// No data holds functions.
function refuseCall(value: Value): never {
  const inside = unboxed(value);
  if (inside === undefined) throw new CallError("call of nil");
  throw new CallError(`non-function of type ${typeName(inside)}`);
}
