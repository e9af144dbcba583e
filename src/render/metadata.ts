import type { JsonObject, JsonValue } from "../boot/json-value.ts";
import { formatFloat } from "./go-template/float-text.ts";

/**
 * The variables as `KEY=value` lines for an environment file, sorted. Keys are paths joined by `_`
 * in upper case; lists, nulls and empty objects have no such text and are left out. Values are raw.
 */
export function renderMetadata(variables: JsonObject): string {
  return leaves(variables, [])
    .map(([path, text]) => ({ key: upperCase(path.join("_")), text }))
    .sort((a, b) => compare(a.key, b.key) || compare(a.text, b.text))
    .map(({ key, text }) => `${key}=${text}\n`)
    .join("");
}

function leaves(object: JsonObject, path: readonly string[]): (readonly [string[], string])[] {
  return Object.entries(object).flatMap(([key, value]) => leavesOf(value, [...path, key]));
}

function leavesOf(value: JsonValue, path: string[]): (readonly [string[], string])[] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "boolean") return [[path, String(value)]];
  if (typeof value === "number") return [[path, formatFloat(value)]];
  if (value === null || isList(value)) return [];
  return leaves(value, path);
}

function isList(value: JsonObject | readonly JsonValue[]): value is readonly JsonValue[] {
  return Array.isArray(value);
}

// Letter by letter and only where one letter becomes one: "ß" stays, as clients know it.
function upperCase(text: string): string {
  const upper = (letter: string) => {
    const raised = letter.toUpperCase();
    return [...raised].length === 1 ? raised : letter;
  };
  return [...text].map(upper).join("");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
