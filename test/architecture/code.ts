import { posix } from "node:path";
import { lineOf, type SourceFile } from "./tree.ts";

/** One import or re-export of a module. */
export type Import = {
  readonly specifier: string;
  /** True for `import type` and `export type`, which are gone when the program runs. */
  readonly typeOnly: boolean;
  readonly line: number;
};

type Piece = { readonly kind: "comment" | "literal"; readonly start: number; readonly end: number };

/** The text with comments and the insides of literals blanked: what is left are the program's words. */
export function codeOnly(text: string): string {
  return blank(text, scan(text));
}

/** Every module a file names, in order. */
export function importsOf({ text }: SourceFile): readonly Import[] {
  const pieces = scan(text);
  const code = blank(text, pieces);
  const comments = pieces.filter(({ kind }) => kind === "comment");
  return [...blank(text, comments).matchAll(ImportPattern)]
    .filter(({ index }) => code[index] !== " ") // else the words stand inside a string
    .map(({ index, groups }) => ({
      specifier: groups?.["name"] ?? "",
      typeOnly: groups?.["type"] !== undefined,
      line: lineOf(text, index),
    }));
}

/** The path that a relative specifier means; any other specifier as it is. */
export function targetOf({ path }: SourceFile, specifier: string): string {
  return specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : specifier;
}

const ImportPattern =
  /\b(?:import|export)\b(?:\s*\(\s*|\s+(?<type>type\s+)?(?:[\w*{}\s,$]*?\bfrom\s*)?|\s*)["'](?<name>[^"'\n]+)["']/g;

function blank(text: string, pieces: readonly Piece[]): string {
  let out = "";
  let at = 0;
  for (const { start, end } of pieces) {
    out += text.slice(at, start) + text.slice(start, end).replace(/[^\n]/g, " ");
    at = end;
  }
  return out + text.slice(at);
}

const Comment = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const Quoted = /"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'/y;
// From a back tick, or from the brace that ends a hole, to the next hole or the end.
const TemplateText = /[`}](?:\\[\s\S]|\$(?!\{)|[^`\\$])*(?:`|\$\{)/y;
const Regex = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y;
/** After these a slash begins a regular expression; after a value it divides. */
const BeforeRegex = /(?:^|[=(,:;!&|?{}[+<>*%~-]|\b(?:return|typeof|case|of|in))\s*$/;

// Enough of the grammar to know words from literals; the compiler vouches for the rest.
function scan(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  const holes: number[] = []; // depth of braces at which each open `${` ends
  let depth = 0;
  let at = 0;
  const take = (pattern: RegExp, kind: Piece["kind"]): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) return undefined;
    pieces.push({ kind, start: at, end: at + found.length });
    at += found.length;
    return found;
  };
  while (at < text.length) {
    const character = text[at];
    const endsHole = character === "}" && holes.at(-1) === depth;
    if (character === "/" && take(Comment, "comment")) continue;
    if (character === "/" && BeforeRegex.test(text.slice(Math.max(0, at - 40), at))) {
      if (take(Regex, "literal")) continue;
    }
    if (take(Quoted, "literal")) continue;
    if (character === "`" || endsHole) {
      if (endsHole) holes.pop();
      const text = take(TemplateText, "literal");
      if (text?.endsWith("${")) holes.push(depth);
      if (text !== undefined) continue;
    }
    if (character === "{") depth++;
    if (character === "}") depth--;
    at++;
  }
  return pieces;
}
