import type { JsonObject } from "../../src/boot/json-value.ts";

/** What every template of the corpus is given. */
export const corpusData: JsonObject = {
  i: 3,
  z: 0,
  f: 1.5,
  neg: -2.25,
  big: 1234567,
  huge: 1e21,
  tiny: 1e-7,
  s: "str",
  u: "Grüße, 世界",
  q: "a\"b\\c'd<e>&f\n\t",
  t: true,
  no: false,
  n: null,
  e: "",
  l: ["a", "b", "c"],
  nl: [1, 2.5, 3e6, null],
  el: [],
  m: { z: 1, a: 2, k: "v", n: null },
  em: {},
  deep: { a: { b: { c: [{ x: "y" }, { x: [1, { w: true }] }] } } },
  lm: [
    { k: "v1", p: 80 },
    { k: "v2", p: 443 },
  ],
  größe: "gr",
  "some-dash": "d",
  request: { query: { os: "fcos", "a-b": "1" }, raw_query: "os=fcos&a-b=1" },
};

/** Every template of the corpus, none twice. */
export function corpusTemplates(): readonly string[] {
  const directives = Directives.flatMap((directive) =>
    Operands.map((operand) => `{{printf "${directive}|" ${operand}}}`),
  );
  const comparisons = ["eq", "ne", "lt", "le", "gt", "ge"].flatMap((name) =>
    Pairs.map((pair) => `{{${name} ${pair}}}`),
  );
  const applied = ["len", "not", "html", "js", "urlquery", "print", "println", "call"].flatMap(
    (name) => Operands.map((operand) => `{{${name} ${operand}}}`),
  );
  return [...new Set([...directives, ...comparisons, ...applied, ...Written])];
}

const Directives = [
  ...["%v", "%#v", "%s", "%q", "%+q", "%x", "% X", "%#x", "%d", "%+05d", "%b", "%o", "%#O", "%c"],
  ...["%U", "%#U", "%e", "%.2f", "%08.3f", "%-9.1f", "%g", "%#g", "%.3G", "%t", "%T", "%6v", "%z"],
];

const Operands = [".i", ".neg", ".big", ".u", ".q", ".t", ".n", ".nl", ".m", "120", "'é'", "1e3"];

const Pairs = [
  ...[".s .s", '.s "str"', ".s .e", ".i 3", ".i 3.0", "3 3", "3 4", "1.5 .f", ".t true", ".n .n"],
  ...[".n .s", ".l .l", ".l .m", ".s .i", "1", "1 2 3", "(len .l) 3", "(index .s 0) 115"],
];

// Apart from the tables above: the language itself, and what people get wrong.
const Written = [
  // Text and trimming.
  ...["", "plain", "a}}b", "{ {.s}}", "{{.s}}\n", "x {{- .s -}} y", "x \n\t{{- .s}} y", "{{-3}}"],
  ...["{{- -}}", "{{.s -}}   ", "a {{- /* c */ -}} b", "a{{/* c */}}b", "{{/* c */ -}} b"],
  ...["{{ /* c */}}", "{{/*c*/ }}", "{{/* c", "{{.s", "{{", "{{}}", "{{ }}", "{{.s}", "{{.s }}}"],
  // Literals.
  ...["{{1}}", "{{-1}}", "{{+1}}", "{{017}}", "{{0o17}}", "{{0x1F}}", "{{0b101}}", "{{1_000}}"],
  ...["{{1__0}}", "{{08}}", "{{1.}}", "{{.5}}", "{{1e3}}", "{{1e400}}", "{{0x1p4}}", "{{-0x1e}}"],
  ...["{{9223372036854775807}}", "{{9223372036854775808}}", "{{18446744073709551616}}", "{{1x}}"],
  ...['{{"a\\tb\\u00e9\\x41\\101"}}', '{{"\\q"}}', '{{"a', "{{`a\\nb`}}", "{{`a", "{{'x'}}"],
  ...["{{'\\n'}}", "{{'ab'}}", "{{''}}", "{{true}}", "{{false}}", "{{nil}}", "{{print nil}}"],
  // Fields.
  ...["{{.}}", "{{.missing}}", "{{.m.k}}", "{{.m.missing}}", "{{.s.x}}", "{{.n.x}}", "{{.l.x}}"],
  ...[
    "{{.größe}}",
    "{{.some-dash}}",
    '{{index . "some-dash"}}',
    "{{.m .k}}",
    "{{.a.b.c}}",
    "{{..}}",
  ],
  ...["{{$.s}}", "{{$}}", "{{(.m).k}}", "{{(.m).missing}}", "{{(1).x}}", '{{"s".x}}', "{{nil.x}}"],
  ...["{{.deep.a.b.c}}", "{{(index .deep.a.b.c 1).x}}", "{{with .deep.a}}{{.b.c}}{{end}}"],
  ...["{{.request.query.os}}", "{{.request.query.none}}", "{{.request.raw_query}}", "{{.request}}"],
  ...[
    '{{index .request.query "none"}}|',
    '{{index .request.query "a-b"}}',
    '{{printf "%#v" .request}}',
  ],
  // Pipelines and calls.
  ...['{{.s | printf "%s-%s" "x"}}', "{{.s | len}}", "{{.s | .u}}", '{{"x" | 1}}', "{{.s | nil}}"],
  ...[
    "{{1 | 2}}",
    "{{.s |}}",
    "{{| .s}}",
    "{{(.s)}}",
    "{{((.s))}}",
    "{{(.s}}",
    "{{.s)}}",
    "{{()}}",
  ],
  ...[
    "{{nope}}",
    "{{nope .s}}",
    "{{len}}",
    "{{len .s .s}}",
    "{{printf}}",
    "{{printf 3}}",
    "{{printf .i}}",
  ],
  ...[
    "{{printf .n}}",
    '{{index . "none" | printf}}',
    "{{print}}|",
    "{{println}}",
    "{{not}}",
    "{{.s .u}}",
  ],
  ...["{{3 4}}", "{{print 1 2}}", '{{print 1 "a" 2}}', '{{print "a" "b"}}', "{{print .l .m 1}}"],
  ...["{{.s,.u}}", "{{.s;}}", "{{#}}", "{{é}}", "{{\x01}}", "{{.s:}}", "{{:=}}", "{{=}}"],
  // and, or, not.
  ...["{{and}}", "{{or}}", "{{and .s}}", '{{and .e "x"}}|', "{{and .s .u}}", '{{or .e "x"}}'],
  ...[
    "{{or .n .e .z}}",
    "{{or .s .missing}}",
    "{{and .e .missing}}|",
    "{{.s | and .e}}|",
    "{{.u | or .s}}",
  ],
  ...[
    '{{and .n "x"}}',
    "{{not .n}}",
    "{{not .el}}",
    "{{not .m}}",
    "{{if and .t (not .no)}}y{{end}}",
  ],
  // index, slice, len.
  ...["{{index .l 0}}", "{{index .l 3}}", "{{index .l -1}}", "{{index .l 4}}", "{{index .l .i}}"],
  ...[
    '{{index .m "k"}}',
    '{{index .m "none"}}',
    "{{index .m 1}}",
    "{{index .m .n}}",
    "{{index .n 1}}",
  ],
  ...[
    '{{index .lm 1 "p"}}',
    '{{index .lm 1 "q"}}',
    "{{index .s 0}}",
    "{{index .s 3}}",
    "{{index .i 0}}",
  ],
  ...[
    "{{index nil 0}}",
    "{{index .l nil}}",
    "{{index .l}}",
    '{{if index . "none"}}y{{else}}n{{end}}',
  ],
  ...['{{index . "none"}}', '{{printf "%v" (index . "none")}}', '{{(index . "none").x}}'],
  ...[
    "{{slice .s 1}}",
    "{{slice .s 1 2}}",
    "{{slice .s 2 1}}",
    "{{slice .s 0 4}}",
    "{{slice .s 0 1 2}}",
  ],
  ...[
    "{{slice .l 1}}",
    "{{slice .l 1 2 3}}",
    "{{slice .l 1 2 1}}",
    "{{slice .l .i}}",
    "{{slice .l}}",
  ],
  ...[
    "{{slice .m 1}}",
    "{{slice .n 1}}",
    "{{slice nil 1}}",
    "{{slice .l 0 0 0 0}}",
    "{{slice .u 0 3}}",
  ],
  ...[
    "{{len .l}}",
    "{{len .m}}",
    "{{len .u}}",
    "{{len .request.query}}",
    "{{len nil}}",
    "{{len 3}}",
  ],
  // if, with, range.
  ...[
    "{{if .s}}y{{end}}",
    "{{if .e}}y{{else}}n{{end}}",
    "{{if .z}}y{{else if .s}}s{{else}}n{{end}}",
  ],
  ...[
    "{{if}}y{{end}}",
    "{{if .s}}",
    "{{if .s}}y{{else}}",
    "{{end}}",
    "{{else}}",
    "{{if .s}}{{else}}{{else}}{{end}}",
  ],
  ...[
    "{{if .missing}}y{{end}}",
    "{{if .s .u}}y{{end}}",
    "{{if $x := .s}}{{$x}}{{end}}{{$x}}",
    "{{if nil}}{{end}}",
  ],
  ...[
    "{{with .m}}{{.k}}{{$.s}}{{end}}",
    "{{with .e}}y{{else}}{{.s}}{{end}}",
    "{{with $x := .m}}{{$x.k}}{{end}}",
  ],
  ...[
    "{{range .l}}{{.}},{{end}}",
    "{{range .el}}x{{else}}none{{end}}",
    "{{range .m}}{{.}},{{end}}",
  ],
  ...["{{range $i, $x := .l}}{{$i}}={{$x}} {{end}}", "{{range $k, $v := .m}}{{$k}}={{$v}} {{end}}"],
  ...["{{range $k, $v := .request.query}}{{$k}}={{$v}} {{end}}", "{{range .nl}}[{{.}}]{{end}}"],
  ...[
    "{{range .lm}}{{.k}}:{{.p}} {{end}}",
    "{{range .n}}x{{else}}none{{end}}",
    "{{range .s}}{{end}}",
  ],
  ...[
    "{{range .f}}{{end}}",
    "{{range .t}}{{end}}",
    "{{range}}{{end}}",
    "{{range $i, $x, $y := .l}}{{end}}",
  ],
  ...[
    "{{range $i, 3 := .l}}{{end}}",
    "{{range $x := .el}}{{else}}{{$x}}{{end}}",
    "{{$x, $y := .l}}",
  ],
  ...["{{range .l}}{{break}}{{end}}", '{{range .l}}{{if eq . "b"}}{{continue}}{{end}}{{.}}{{end}}'],
  ...['{{range .l}}{{.}}{{if eq . "b"}}{{break}}{{end}}{{end}}', "{{break}}", "{{continue}}"],
  ...["{{range .l}}{{break 1}}{{end}}", "{{range .l}}{{range $.l}}{{break}}{{end}}{{.}}{{end}}"],
  ...["{{range .l}}{{else if .s}}{{end}}", "{{range .l}}{{else}}{{break}}{{end}}"],
  // Variables.
  ...[
    "{{$x := 1}}{{$x}}",
    "{{$x := 1}}{{$x = 2}}{{$x}}",
    "{{$x = 1}}",
    "{{$x}}",
    "{{$x := 1}}{{if .t}}{{$x = 2}}{{end}}{{$x}}",
  ],
  ...[
    "{{$x := 1}}{{if .t}}{{$x := 2}}{{end}}{{$x}}",
    "{{$x := .m}}{{$x.k}}",
    "{{$x:=1}}{{$x}}",
    "{{$x := .n}}{{$x}}",
  ],
  ...[
    "{{$x := index . `none`}}{{$x.y}}",
    "{{$x := }}",
    "{{$x :}}",
    "{{$x.y := 1}}",
    "{{($x := 1)}}{{$x}}",
  ],
  ...["{{range .l}}{{$x := .}}{{end}}{{$x}}", "{{$ := 1}}{{$}}", "{{$größe := 1}}{{$größe}}"],
  // Templates.
  ...[
    '{{define "a"}}[{{.}}]{{end}}{{template "a" .s}}',
    '{{template "a"}}{{define "a"}}{{.}}{{end}}',
  ],
  ...[
    '{{template "none"}}',
    "{{template}}",
    "{{template a}}",
    '{{template "a" .s .u}}',
    '{{template "a" | print}}',
  ],
  ...[
    '{{block "b" .s}}<{{.}}>{{end}}',
    '{{block "b"}}{{end}}',
    '{{block "b" .}}',
    '{{define "b"}}x',
  ],
  ...[
    '{{define "b"}}1{{end}}{{define "b"}}2{{end}}{{template "b"}}',
    '{{define "b"}} {{end}}{{define "b"}}2{{end}}{{template "b"}}',
  ],
  ...[
    '{{define "b"}}1{{end}}{{define "b"}} {{end}}{{template "b"}}',
    "{{define b}}{{end}}",
    '{{if .t}}{{define "b"}}{{end}}{{end}}',
  ],
  ...[
    '{{define "a"}}{{.missing}}{{end}}\n{{template "a" .}}',
    '{{define "a"}}{{.x}}{{end}}{{template "a"}}',
  ],
  ...[
    '{{$x := 1}}{{define "a"}}{{$x}}{{end}}',
    '{{define "a"}}{{$}}{{end}}{{template "a" 7}}',
    '{{template "a" nil}}',
  ],
  ...[
    '{{define "a"}}{{end}}{{else}}',
    '{{define "a"}}{{else}}{{end}}',
    '{{range .l}}{{block "b" .}}{{break}}{{end}}{{end}}',
  ],
  // Directives that miss something.
  ...[
    '{{printf "%"}}',
    '{{printf "%!"}}',
    '{{printf "%d"}}',
    '{{printf "%d %d" 1}}',
    '{{printf "x" 1 "y" nil}}',
  ],
  ...[
    '{{printf "%[2]d %[1]d" 1 2}}',
    '{{printf "%[3]d" 1}}',
    '{{printf "%[x]d" 1}}',
    '{{printf "%[1]d %d" 1 2}}',
  ],
  ...[
    '{{printf "%[0]d" 1}}',
    '{{printf "%[1" 1}}',
    '{{printf "%*d|" 5 1}}',
    '{{printf "%-*d|" 5 1}}',
    '{{printf "%*d|" -5 1}}',
  ],
  ...[
    '{{printf "%.*f" 2 3.14159}}',
    '{{printf "%.*f" .i 3.14159}}',
    '{{printf "%*d" "x" 1}}',
    '{{printf "%[3]*.[2]*[1]f|" 12.0 2 6}}',
  ],
  ...[
    '{{printf "%[1]*d" 5}}',
    '{{printf "%99999999d" 1}}',
    '{{printf "%.d|" 0}}',
    '{{printf "%é" 1}}',
    '{{printf "%%%d" 1}}',
  ],
  ...[
    '{{printf "%+d % d %x %X %#o" 5 5 -255 255 8}}',
    '{{printf "%08b|%-8d|%8d" 5 5 5}}',
    '{{printf "%+.2e" 12345.678}}',
  ],
  ...[
    '{{printf "%6.2f|%-8.3s|%8s" 3.14159 "abcdef" .u}}',
    '{{printf "%q %#q %+q" .u "a`b" "é"}}',
    '{{printf "% x|%#x|% #x" "abc" "abc" "abc"}}',
  ],
  ...[
    '{{printf "%t %v" true false}}',
    '{{printf "%5t|%-7t|" true false}}',
    '{{printf "%T %T %T %T" 1 1.0 "s" true}}',
    '{{printf "%s" nil}}',
  ],
  ...[
    '{{printf "%x" "\\xff"}}',
    '{{printf "%q" "\\xff\\u2028"}}',
    '{{html "\\x00"}}',
    '{{js "\\u2028é\\x01"}}',
    '{{urlquery "a b&ü~/"}}',
  ],
  // Where things are.
  ...[
    "a\nb\n  {{.missing}}",
    "a\n{{if .s}}\n{{nope}}\n{{end}}",
    "{{if .s}}\n\n",
    "ü{{.missing}}",
    "{{.s\n.u}}",
    '{{"a\nb"}}',
  ],
];
