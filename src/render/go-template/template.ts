/**
 * Go's text/template (Go 1.27, option missingkey=error) on JSON-like data: the language of the
 * machine templates that people bring along. Text in, text out, the same bytes as Go's and the same
 * words in its errors. It never escapes what it prints, calls nothing outside, and stops at named
 * limits. Follows the package documentation of text/template and fmt, and the Go specification for
 * literals; test/render/go-template/corpus.jsonl holds what the real one answers.
 */
import { bytesOf, textOf } from "./bytes.ts";
import { Functions } from "./functions.ts";
import { type ParsedTemplate, parseText } from "./parser.ts";
import { type FindPartial, Frame, type Run, type TemplateLimits } from "./run.ts";
import { concrete, type TemplateData } from "./value.ts";
import { walkBody } from "./walk.ts";

/** A template that has been read: render it as often as needed. */
export type Template = ParsedTemplate;

/** Generous for any machine's configuration, and over in a second for a hostile one. */
export const templateLimits: TemplateLimits = {
  stepsMax: 1_000_000,
  bytesMax: 16 * 1024 * 1024,
  depthMax: 500,
};

/** Reads a template; throws `TemplateError` with line and column. `name` is for error texts. */
export function parseTemplate(text: string, { name = "" } = {}): Template {
  const functions = new Set(Functions.keys());
  return parseText({ name: bytesOf(name), input: bytesOf(text), functions });
}

/** What a rendering may use, and what `{{template "x"}}` finds beyond the text's own definitions. */
export type RenderOptions = {
  readonly limits?: TemplateLimits;
  /** Absent: nothing, as with Go's parse of one text. */
  readonly findPartial?: FindPartial;
};

/** The template's text for some data; throws `TemplateError`, and then nothing was rendered. */
export function renderTemplate(
  template: Template,
  data: TemplateData,
  { limits = templateLimits, findPartial }: RenderOptions = {},
): string {
  const run: Run = { limits, findPartial, partials: [], steps: 0, depth: 0, output: "" };
  const dot = concrete(data);
  const { name } = template;
  walkBody(
    { frame: new Frame(run, { template, name }, dot), dot },
    template.bodies.get(name) ?? [],
  );
  return textOf(run.output);
}
