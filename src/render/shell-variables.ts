import type { JsonObject, JsonValue } from "../boot/json-value.ts";
import { formatFloat } from "./go-template/float-text.ts";

/**
 * The variables as lines a POSIX shell can source: names of letters, digits and `_`, values in single
 * quotes. A list `a` is `A_0`, `A_1`, … with its length in `A_COUNT`; null is empty.
 */
export function renderShellVariables(variables: JsonObject): string {
  return assignments([], variables)
    .map(([name, value]) => `${name}=${quote(value)}\n`)
    .sort()
    .join("");
}

type Assignment = readonly [name: string, value: string];

function assignments(path: readonly string[], value: JsonValue): readonly Assignment[] {
  const inner = (key: string | number, item: JsonValue) => assignments([...path, `${key}`], item);
  if (isList(value)) {
    const items = value.flatMap((item, index) => inner(index, item));
    return [...items, [shellName([...path, "count"]), `${value.length}`]];
  }
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, item]) => inner(key, item));
  }
  const text = typeof value === "number" ? formatFloat(value) : String(value ?? "");
  return [[shellName(path), text]];
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function shellName(path: readonly string[]): string {
  const name = path
    .join("_")
    .toUpperCase()
    .replace(/[^A-Z0-9_]/g, "_");
  return /^[0-9]|^$/.test(name) ? `_${name}` : name;
}

// Nothing is special between single quotes but the quote itself; a NUL cannot be in a variable.
function quote(text: string): string {
  return `'${text.replaceAll("\0", "").replaceAll("'", "'\\''")}'`;
}
