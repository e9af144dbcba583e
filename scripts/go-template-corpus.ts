/**
 * Asks Go's own text/template and writes what it answers to test/render/go-template/corpus.jsonl,
 * which the unit tests hold ours against. Needs Go; `--check` only compares.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { corpusData, corpusTemplates } from "./go-template-corpus/cases.ts";
import { type Answer, askGo, goVersion } from "./go-template-corpus/oracle.ts";

const target = resolve(import.meta.dirname, "../test/render/go-template/corpus.jsonl");

process.exitCode = main(process.argv.slice(2));

function main(args: readonly string[]): number {
  if (args.includes("--help")) {
    console.log("usage: node scripts/go-template-corpus.ts [--check]");
    return 0;
  }
  const version = goVersion();
  if (version === undefined) {
    console.error("there is no go on this machine: install golang-go");
    return 77;
  }
  const templates = corpusTemplates();
  const answers = askGo(templates.map((template) => ({ template, data: corpusData })));
  const text = formatCorpus(version, templates, answers);
  if (!args.includes("--check")) writeFileSync(target, text);
  else if (text !== readFileSync(target, "utf8")) {
    console.error(`${target} is not what go ${version} answers: run this without --check`);
    return 1;
  }
  console.log(`${templates.length} templates, answers of go ${version}`);
  return 0;
}

// The version and the data, then a row a line: [template, text] or [template, null, error], so that a change is one line of diff.
function formatCorpus(
  version: string,
  templates: readonly string[],
  answers: readonly Answer[],
): string {
  const rows = templates.map((template, index) => {
    const answer = answers[index];
    const row = answer?.error === undefined ? [answer?.text] : [null, answer.error];
    return JSON.stringify([template, ...row]);
  });
  return [JSON.stringify({ go: version, data: corpusData }), ...rows, ""].join("\n");
}
