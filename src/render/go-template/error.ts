import { KindlingError } from "../../errors.ts";

/** Where in a template: `line` from 1; `column` in bytes from 0, as Go counts it. */
export type Place = { readonly line: number; readonly column: number };

/** Why a template cannot be read (`template.invalid`) or rendered (`template.failed`). */
export class TemplateError extends KindlingError {
  readonly line: number;
  readonly column: number;

  constructor(code: "template.invalid" | "template.failed", message: string, place: Place) {
    super(code, message, { line: place.line, column: place.column });
    this.name = "TemplateError";
    this.line = place.line;
    this.column = place.column;
  }
}

/** What a function answers when it refuses its arguments; the evaluator adds the place. */
export class CallError extends Error {}

/** The line and column of a place in a byte string. */
export function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - (before.lastIndexOf("\n") + 1) };
}
