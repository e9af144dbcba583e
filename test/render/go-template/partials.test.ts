import { describe, expect, it } from "vitest";
import { KindlingError } from "../../../src/errors.ts";
import type { FindPartial } from "../../../src/render/go-template/run.ts";
import { parseTemplate, renderTemplate } from "../../../src/render/go-template/template.ts";

/** Renders `text` where these partials are kept; an error's message stands for the text. */
function render(text: string, files: Readonly<Record<string, string>>, data = {}): string {
  const findPartial: FindPartial = (name) => {
    const found = files[name];
    if (found === undefined) return { kind: "absent", reason: `there is no ${name}` };
    return { kind: "partial", template: parseTemplate(found, { name: `templates/${name}.tmpl` }) };
  };
  try {
    return renderTemplate(parseTemplate(text, { name: "node.yaml" }), data, { findPartial });
  } catch (error) {
    if (!(error instanceof KindlingError)) throw error;
    return error.message;
  }
}

const cycle = { a: '{{template "b" .}}', b: '{{template "a" .}}' };
const chain = Object.fromEntries(
  Array.from({ length: 33 }, (_, n) => [`p${n}`, n === 0 ? "end" : `{{template "p${n - 1}" .}}`]),
);

describe("a partial", () => {
  it.each([
    {
      name: "is given what is handed to it",
      text: '{{template "p" .a}}',
      files: { p: "<{{.b}}>" },
    },
    { name: "has $ of its own", text: '{{template "p" .a}}', files: { p: "<{{$.b}}>" } },
    {
      name: "calls another",
      text: '{{template "p" .}}',
      files: { p: '<{{template "q" .a}}>', q: "{{.b}}" },
    },
    {
      name: "sees its own definitions, not the caller's",
      text: '{{define "x"}}no{{end}}{{template "p" .a}}',
      files: { p: '{{define "x"}}{{.b}}{{end}}<{{template "x" .}}>' },
    },
    {
      name: "keeps its definitions to itself",
      text: '{{template "p" .a}}{{template "x"}}',
      files: { p: '{{define "x"}}no{{end}}', x: "<1>" },
    },
    {
      name: "comes after what the text itself defines",
      text: '{{define "p"}}<{{.b}}>{{end}}{{template "p" .a}}',
      files: { p: "no" },
    },
    {
      name: "comes after a block of its name",
      text: '{{block "p" .a}}<{{.b}}>{{end}}',
      files: { p: "no" },
    },
    {
      name: "may call itself if it ends",
      text: '{{template "p" .list}}',
      files: { p: '{{if .}}{{template "p" slice . 1}}{{else}}<1>{{end}}' },
      data: { list: "12345" },
    },
    { name: "may have a name beyond ASCII", text: '{{template "ü" .a}}', files: { ü: "<{{.b}}>" } },
  ])("$name", ({ text, files, data = { a: { b: 1 } } }) => {
    expect(render(text, files, data)).toBe("<1>");
  });

  it.each([
    {
      name: "that is not there",
      text: '{{template "p" .}}',
      files: {},
      want: 'template: node.yaml:1:11: executing "node.yaml" at <{{template "p" .}}>: template "p" not defined: there is no p',
    },
    {
      name: "that fails, by its own file, line and column",
      text: '{{template "p" .}}',
      files: { p: "a\nb {{.gone}}" },
      want: 'template: templates/p.tmpl:2:4: executing "templates/p.tmpl" at <.gone>: map has no entry for key "gone"',
    },
    {
      name: "in a circle, by the names in it",
      text: '{{template "a" .}}',
      files: cycle,
      want: 'more than 32 partials within each other: "b" calls "a" calls "b" calls "a"',
    },
    {
      name: "too deep",
      text: '{{template "p32" .}}',
      files: chain,
      want: 'more than 32 partials within each other: "p3" calls "p2" calls "p1" calls "p0"',
    },
  ])("is refused $name", ({ text, files, want }) => {
    expect(render(text, files)).toContain(want);
  });

  it("may be open within 32 others", () => {
    expect(render('{{template "p31" .}}', chain)).toBe("end");
  });

  it("counts into the limits of the whole", () => {
    const wide = '{{range 100}}{{template "q" .}}{{end}}';
    const files = {
      p: wide,
      q: '{{range 100}}{{template "r" .}}{{end}}',
      r: "{{range 1000}}{{end}}",
    };
    expect(render('{{template "p" .}}', files)).toContain("more than 1000000 steps");
  });
});

it("is unknown where there are none, in Go's words", () => {
  const text = '{{template "p"}}';
  expect(() => renderTemplate(parseTemplate(text), {})).toThrow(/: template "p" not defined$/);
});
