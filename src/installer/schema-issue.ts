import { z } from "zod";
import { suggest } from "../suggest.ts";

type Path = readonly PropertyKey[];

/** What one issue says, in the words of operators: want, got, cure. */
export type IssueStory = { readonly path: Path; readonly message: string };

/** An issue of the schema as stories; `keysAt` gives the keys that a place of the schema knows. */
export function explainIssue(
  issue: z.core.$ZodIssue,
  given: unknown,
  known: (path: Path) => readonly string[],
): readonly IssueStory[] {
  const { path } = issue;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const near = suggest(key, known(path));
      const cure = near === undefined ? "remove it" : `did you mean ${near}?`;
      return { path: [...path, key], message: `there is no such key; ${cure}` };
    });
  }
  if (issue.code === "invalid_union") {
    // The arm that came furthest knows most: a bad file is told rather than "no text".
    const [best] = issue.errors
      .flat()
      .filter(({ code }) => code !== "invalid_type")
      .sort((a, b) => b.path.length - a.path.length);
    if (best !== undefined) {
      return explainIssue({ ...best, path: [...path, ...best.path] }, given, known);
    }
  }
  return [{ path, message: wordsFor(issue, valueAt(given, path)) }];
}

function wordsFor(issue: z.core.$ZodIssue, got: unknown): string {
  const tail = `, got ${show(got)}`;
  switch (issue.code) {
    case "custom":
      return issue.message;
    case "invalid_type":
      return `want ${TypeWords[issue.expected] ?? issue.expected}${tail}`;
    case "invalid_value":
      return `want ${issue.values.map(String).join(" or ")}${tail}`;
    case "invalid_union":
      return `want ${unionWords(issue)}${tail}`;
    case "too_small":
      return `want ${amount("at least", issue.minimum, issue.origin)}${tail}`;
    case "too_big":
      return `want ${amount("at most", issue.maximum, issue.origin)}${tail}`;
    default:
      return `${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}${tail}`;
  }
}

const TypeWords: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "keys and values",
};

function unionWords(issue: Extract<z.core.$ZodIssue, { code: "invalid_union" }>): string {
  const arms = issue.errors.flat().map((inner) => ("expected" in inner ? inner.expected : ""));
  const words = arms.map((arm) => (arm === "object" ? "{ file: … }" : TypeWords[arm]));
  return [...new Set(words.filter((word) => word !== undefined))].join(" or ") || "another value";
}

function amount(side: string, limit: number | bigint, origin: string): string {
  if (origin === "string")
    return limit === 1 ? "text that is not empty" : `${side} ${limit} letters`;
  return origin === "array" ? `${side} ${limit} in the list` : `a number of ${side} ${limit}`;
}

/** The keys that a schema knows at a path. */
export function keysAt(schema: z.ZodType, path: Path): readonly string[] {
  const here = bare(schema);
  const [step, ...rest] = path;
  if (here instanceof z.ZodUnion) {
    // zod types the arms by its core interface only
    return here.options.flatMap((arm) => keysAt(arm as z.ZodType, path));
  }
  if (step === undefined) return here instanceof z.ZodObject ? Object.keys(here.shape) : [];
  if (here instanceof z.ZodArray) return keysAt(here.element as z.ZodType, rest); // as above
  if (!(here instanceof z.ZodObject)) return [];
  const inner: unknown = here.shape[String(step)];
  return inner instanceof z.ZodType ? keysAt(inner, rest) : [];
}

function bare(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodPipe) return bare(schema.def.in as z.ZodType); // core interface only
  const wraps =
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodExactOptional;
  return wraps ? bare(schema.unwrap() as z.ZodType) : schema; // as above
}

function valueAt(given: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => {
    return typeof value === "object" && value !== null
      ? Object.getOwnPropertyDescriptor(value, key)?.value
      : undefined;
  }, given);
}

function show(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value).slice(0, 120);
}
