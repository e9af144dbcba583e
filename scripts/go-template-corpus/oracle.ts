import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import type { JsonObject } from "../../src/boot/json-value.ts";

/** A template and what it is given; `request.query` is a map[string]string there. */
export type Question = { readonly template: string; readonly data: JsonObject };

/** What Go's text/template says: the text, or why there is none. */
export type Answer = { readonly text: string; readonly error?: string };

/** The version of Go on this machine; none where it has no Go. */
export function goVersion(): string | undefined {
  const { status, stdout } = spawnSync("go", ["env", "GOVERSION"], { encoding: "utf8" });
  return status === 0 ? stdout.trim().replace(/^go/, "") : undefined;
}

/** Asks the real one: all questions in one run. */
export function askGo(questions: readonly Question[]): readonly Answer[] {
  const program = resolve(import.meta.dirname, "main.go");
  const { status, stdout, stderr } = spawnSync("go", ["run", program], {
    encoding: "utf8",
    input: questions.map((question) => `${JSON.stringify(question)}\n`).join(""),
    maxBuffer: 1024 ** 3,
    timeout: 300_000,
  });
  if (status !== 0) throw new Error(`go run ended with ${status}: ${stderr}`);
  return stdout.trimEnd().split("\n").map(parseAnswer);
}

function parseAnswer(line: string): Answer {
  return JSON.parse(line) as Answer; // written by main.go, whose answer is this type
}
