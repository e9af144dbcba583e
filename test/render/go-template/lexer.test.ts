import { describe, expect, it } from "vitest";
import { lexTemplate } from "../../../src/render/go-template/lexer.ts";

const kinds = (text: string) => lexTemplate(text).map(({ kind }) => kind);
const texts = (text: string) => lexTemplate(text).map((token) => token.text);

describe("lexTemplate", () => {
  it.each([
    { text: "a {{- .b -}} c", want: ["a", "{{", ".b", "}}", "c", ""] },
    { text: "{{- 3}}", want: ["{{", "3", "}}", ""] },
    { text: "{{-3}}", want: ["{{", "-3", "}}", ""] },
    { text: "{{$x:=.a.b|f}}", want: ["{{", "$x", ":=", ".a", ".b", "|", "f", "}}", ""] },
    { text: '{{"a}}\\"" `}}`}}', want: ["{{", '"a}}\\""', " ", "`}}`", "}}", ""] },
    { text: "a {{- /* b */ -}} c", want: ["a", "c", ""] },
    { text: "{{.b  -}}\n", want: ["{{", ".b", " ", "}}", ""] },
  ])("cuts $text", ({ text, want }) => {
    expect(texts(text)).toEqual(want);
  });

  it.each([
    { text: "{{end else nil}}", want: ["end", "space", "else", "space", "nil"] },
    {
      text: "{{. $ .x x}}",
      want: ["dot", "space", "variable", "space", "field", "space", "identifier"],
    },
    { text: "{{1+2i}}", want: ["complex"] },
    { text: "{{'x'}}", want: ["char"] },
  ])("knows the kinds of $text", ({ text, want }) => {
    expect(kinds(text).slice(1, -2)).toEqual(want);
  });

  it("ends in one error that says where", () => {
    expect(lexTemplate("a\n{{ .x\n # 'y")).toEqual([
      { kind: "text", text: "a\n", at: 0, line: 1 },
      { kind: "left-delimiter", text: "{{", at: 2, line: 2 },
      { kind: "space", text: " ", at: 4, line: 2 },
      { kind: "field", text: ".x", at: 5, line: 2 },
      { kind: "space", text: "\n ", at: 7, line: 2 },
      { kind: "other", text: "#", at: 9, line: 3 },
      { kind: "space", text: " ", at: 10, line: 3 },
      { kind: "error", text: "unterminated character constant", at: 11, line: 3 },
    ]);
  });
});
