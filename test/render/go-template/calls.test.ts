import { expect, it } from "vitest";
import { calledPartials } from "../../../src/render/go-template/calls.ts";
import { parseTemplate } from "../../../src/render/go-template/template.ts";

it.each([
  { text: "no calls", want: [] },
  { text: '{{template "b"}}{{template "a" .}}{{template "b"}}', want: ["b", "a"] },
  { text: '{{if .x}}{{template "a"}}{{else if .y}}{{template "b"}}{{end}}', want: ["a", "b"] },
  { text: '{{range .x}}{{template "a"}}{{else}}{{template "b"}}{{end}}', want: ["a", "b"] },
  { text: '{{define "own"}}{{template "ü"}}{{end}}{{template "own"}}', want: ["ü"] },
  { text: '{{block "own" .}}{{template "a"}}{{end}}', want: ["a"] },
])("$text calls $want", ({ text, want }) => {
  expect(calledPartials(parseTemplate(text))).toEqual(want);
});
