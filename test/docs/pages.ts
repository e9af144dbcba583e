import { posix } from "node:path";
import { lineOf, type SourceFile, type Violation } from "../architecture/tree.ts";

/** Every link from page to page leads to a file, and to a heading where it names one. */
export function checkLinks(files: readonly SourceFile[]): readonly Violation[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const folders = new Set(files.flatMap(({ path }) => foldersAbove(path)));
  return pagesOf(files).flatMap(({ path, text }) =>
    [...withoutFences(text).matchAll(/\]\(([^()\s]+)\)/g)]
      .map(({ 1: link = "", index }) => ({ link, line: lineOf(text, index) }))
      .filter(({ link }) => !/^[a-z]+:/.test(link))
      .filter(({ link }) => {
        const [target = "", anchor] = link.split("#");
        const goal = target === "" ? path : posix.join(posix.dirname(path), target);
        const page = byPath.get(goal);
        if (page === undefined) return !folders.has(goal.replace(/\/$/, ""));
        return anchor !== undefined && !anchorsOf(page).has(anchor);
      })
      .map(({ link, line }) => `${path}:${line} links to ${link}, which leads nowhere`),
  );
}

/** Commands that a page shows name npm scripts and files of `scripts/` that exist. */
export function checkCommands(files: readonly SourceFile[]): readonly Violation[] {
  const paths = new Set(files.map(({ path }) => path));
  const scripts = scriptsOf(files);
  return pagesOf(files).flatMap(({ path, text }) => [
    ...[...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b(?!:))/g)]
      .map(({ 1: run, 2: short, index }) => ({ script: run ?? short ?? "", index }))
      .filter(({ script }) => !scripts.has(script))
      .map(({ script, index }) => `${path}:${lineOf(text, index)} names npm script ${script}`),
    ...[...text.matchAll(/\bnode ((?:scripts|src|test)\/[\w./-]+\.(?:ts|mjs))/g)]
      .filter(({ 1: script = "" }) => !paths.has(script))
      .map(({ 1: script, index }) => `${path}:${lineOf(text, index)} runs ${script}`),
  ]);
}

/** Files of the tree that a page names in passing, as `src/dhcp/pool.ts`, exist. */
export function checkPaths(files: readonly SourceFile[]): readonly Violation[] {
  const paths = new Set(files.map(({ path }) => path));
  const named = /`((?:src|test|scripts|packaging|images)\/[\w./-]+\.\w+)`/g;
  return pagesOf(files).flatMap(({ path, text }) =>
    [...text.matchAll(named)]
      .filter(({ 1: name = "" }) => !paths.has(name))
      .map(({ 1: name, index }) => `${path}:${lineOf(text, index)} names ${name}`),
  );
}

/** docs/errors.md, like docs/findings.md, has a row for each code and for nothing else. */
export function checkErrorCodes(page: string, codes: readonly string[]): readonly Violation[] {
  const rows = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(({ 1: code = "" }) => code);
  return [
    ...codes.filter((code) => !rows.includes(code)).map((code) => `${code} has no row`),
    ...rows.filter((row) => !codes.includes(row)).map((row) => `${row} is no error code`),
    ...rows.filter((row, at) => rows.indexOf(row) < at).map((row) => `${row} has two rows`),
  ];
}

/** The longest a decision record may be. */
const decisionLinesMax = 60;

/** Every decision is listed once, is short, and names a next step if it turns out wrong. */
export function checkDecisions(files: readonly SourceFile[]): readonly Violation[] {
  const folder = "docs/decisions/";
  const list = files.find(({ path }) => path === `${folder}README.md`)?.text ?? "";
  const records = pagesOf(files).filter(({ path }) => /^docs\/decisions\/\d{3}-/.test(path));
  return records.flatMap(({ path, text }) => {
    const lines = text.trimEnd().split("\n").length;
    const missing = DecisionHeadings.filter((heading) => !text.includes(`\n## ${heading}\n`));
    return [
      ...(list.split(`](${path.slice(folder.length)})`).length === 2
        ? []
        : [`${path}: list it once`]),
      ...(lines > decisionLinesMax
        ? [`${path} has ${lines} lines, at most ${decisionLinesMax}`]
        : []),
      ...missing.map((heading) => `${path} has no heading "${heading}"`),
    ];
  });
}

/** Every package that the program or its tests install is argued for in a decision. */
export function checkDependencies(files: readonly SourceFile[]): readonly Violation[] {
  const decisions = pagesOf(files).filter(({ path }) => path.startsWith("docs/decisions/"));
  const words = decisions.map(({ text }) => text).join("\n");
  return dependenciesOf(files)
    .filter((name) => !words.includes(`\`${name}\``))
    .map((name) => `${name} has no decision: add one to docs/decisions/`);
}

const DecisionHeadings = ["Context", "Decision", "Measured", "Alternatives", "Leaving it"];

const pagesOf = (files: readonly SourceFile[]) => files.filter(({ path }) => path.endsWith(".md"));

// Blanked, not cut, so that line numbers stay.
function withoutFences(text: string): string {
  return text.replace(/^```[\s\S]*?^```|`[^`\n]*`/gm, (code) => code.replace(/[^\n]/g, " "));
}

function foldersAbove(path: string): readonly string[] {
  const parts = path.split("/");
  return parts.map((_, count) => parts.slice(0, count).join("/"));
}

// As code forges make them: lower case, punctuation gone, blanks to hyphens.
function anchorsOf({ text }: SourceFile): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(({ 1: heading = "" }) => heading);
  const plain = headings.map((heading) => heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, ""));
  return new Set(plain.map((heading) => heading.trim().replaceAll(" ", "-")));
}

type Manifest = Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;

function manifestOf(files: readonly SourceFile[]): Manifest {
  const text = files.find(({ path }) => path === "package.json")?.text ?? "{}";
  return JSON.parse(text) as Manifest; // npm itself refuses another shape
}

function scriptsOf(files: readonly SourceFile[]): ReadonlySet<string> {
  return new Set(Object.keys(manifestOf(files)["scripts"] ?? {}));
}

function dependenciesOf(files: readonly SourceFile[]): readonly string[] {
  const manifest = manifestOf(files);
  const kinds = ["dependencies", "optionalDependencies", "devDependencies"];
  return kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {}));
}
