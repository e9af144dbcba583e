import { describe, expect, it } from "vitest";
import { TemplateError } from "../../../src/render/go-template/error.ts";
import {
  parseTemplate,
  renderTemplate,
  templateLimits,
} from "../../../src/render/go-template/template.ts";
import type { TemplateData } from "../../../src/render/go-template/value.ts";

const render = (text: string, data: TemplateData = {}) => renderTemplate(parseTemplate(text), data);

function refusal(action: () => unknown): TemplateError {
  try {
    action();
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("what Go 1.22 and later brought", () => {
  it.each([
    { text: "{{range 3}}{{.}}{{end}}", want: "012" },
    { text: "{{range $i := 2}}{{$i}}{{end}}", want: "01" },
    { text: "{{range 0}}x{{else}}none{{end}}", want: "none" },
    { text: "{{range -1}}x{{else}}none{{end}}", want: "none" },
    { text: "{{with .e}}1{{else with .s}}{{.}}{{else}}3{{end}}", want: "str" },
    { text: "{{with .e}}1{{else with .e}}2{{else}}3{{end}}", want: "3" },
    { text: "{{$x := 0}}{{range $x = .l}}{{end}}{{$x}}", want: "b" },
  ])("$text", ({ text, want }) => {
    expect(render(text, { e: "", s: "str", l: ["a", "b"] })).toBe(want);
  });
});

describe("data", () => {
  it.each([
    { name: "a Map's missing key is empty", text: '[{{index .q "none"}}]', want: "[]" },
    { name: "an object's missing key is nil", text: '[{{index .o "none"}}]', want: "[<no value>]" },
    {
      name: "a Map is a map of strings",
      text: '{{printf "%T %T" .q .o}}',
      want: "map[string]string map[string]interface {}",
    },
    {
      name: "an inherited name is no key",
      text: '[{{index .o "toString"}}]',
      want: "[<no value>]",
    },
    { name: "a key named __proto__ is a key", text: "{{.p}}", want: "map[__proto__:1]" },
    { name: "keys sort by bytes", text: "{{.sorted}}", want: "map[\uffff:1 \u{10000}:2]" },
  ])("$name", ({ text, want }) => {
    const q = new Map([["os", "fcos"]]);
    const p = JSON.parse('{"__proto__":1}');
    expect(render(text, { q, o: {}, p, sorted: { "\u{10000}": 2, "\uffff": 1 } })).toBe(want);
  });

  it("renders one template again and again", () => {
    const template = parseTemplate("{{$x := .a}}{{$x}}");
    expect([1, 2].map((a) => renderTemplate(template, { a }))).toEqual(["1", "2"]);
  });
});

describe("a refusal", () => {
  it("says where a text cannot be read", () => {
    const error = refusal(() => parseTemplate("a\nb {{nope}}", { name: "x.yaml" }));
    expect(error).toMatchObject({ code: "template.invalid", line: 2, column: 4 });
    expect(error.message).toBe('template: x.yaml:2: function "nope" not defined');
  });

  it("says where a rendering failed", () => {
    const template = parseTemplate("a\nü {{.nope}}", { name: "x.yaml" });
    const error = refusal(() => renderTemplate(template, {}));
    expect(error).toMatchObject({ code: "template.failed", line: 2, column: 5 });
    expect(error.message).toBe(
      'template: x.yaml:2:5: executing "x.yaml" at <.nope>: map has no entry for key "nope"',
    );
  });

  it.each([
    {
      name: "a loop",
      text: "{{range 1000000000}}{{end}}",
      want: "steps",
    },
    {
      name: "loops in loops",
      text: "{{range 99999}}{{range 99999}}x{{end}}{{end}}",
      want: "steps",
    },
    {
      name: "output",
      text: '{{range 99}}{{printf "%999999d" 1}}{{end}}',
      want: "output longer than",
    },
    {
      name: "a string that doubles",
      text: '{{$x := "x"}}{{range 64}}{{$x = print $x $x}}{{end}}',
      want: "text longer than",
    },
    {
      name: "escapes that grow",
      text: '{{$x := "<"}}{{range 64}}{{$x = html $x}}{{$x = print $x $x}}{{end}}',
      want: "text longer than",
    },
    {
      name: "recursion",
      text: '{{define "a"}}{{template "a"}}{{end}}{{template "a"}}',
      want: "maximum template depth",
    },
    {
      name: "deep recursion through branches",
      text: '{{define "a"}}{{range $x := .}}{{with $}}{{if (and (or .))}}{{template "a" .}}{{end}}{{end}}{{end}}{{end}}{{template "a" .}}',
      want: "maximum template depth",
    },
    {
      name: "parentheses",
      text: `{{${"(".repeat(10_000)}1${")".repeat(10_000)}}}`,
      want: "nested deeper",
    },
    {
      name: "branches",
      text: "{{if 1}}".repeat(10_000) + "{{end}}".repeat(10_000),
      want: "nested deeper",
    },
    {
      name: "else if chains",
      text: `{{if 0}}${"{{else if 0}}".repeat(10_000)}{{end}}`,
      want: "nested deeper",
    },
    { name: "nested data", text: "{{.}}", want: "value nested deeper" },
  ])("bounds $name", ({ text, want }) => {
    const nested = JSON.parse("[".repeat(10_000) + "]".repeat(10_000));
    expect(refusal(() => render(text, { nested })).message).toContain(want);
  });

  it("keeps to limits that are given", () => {
    const template = parseTemplate("{{range 5}}x{{end}}");
    const limits = { ...templateLimits, bytesMax: 4 };
    expect(refusal(() => renderTemplate(template, {}, { limits })).message).toContain("4 bytes");
  });
});
