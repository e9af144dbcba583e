import { textOf } from "./bytes.ts";
import type { Body, Statement } from "./node.ts";
import type { ParsedTemplate } from "./parser.ts";

/** The names that a text calls by `{{template "x"}}` and does not define itself, each once, in order. */
export function calledPartials({ bodies }: ParsedTemplate): readonly string[] {
  const names = [...bodies.values()].flatMap(callsOf);
  return [...new Set(names)].filter((name) => !bodies.has(name)).map(textOf);
}

function callsOf(body: Body): readonly string[] {
  return body.flatMap(callOf);
}

function callOf(statement: Statement): readonly string[] {
  if (statement.kind === "template") return [statement.name];
  if (!("body" in statement)) return [];
  return [...callsOf(statement.body), ...callsOf(statement.otherwise ?? [])];
}
