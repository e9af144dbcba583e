import { WireError } from "../errors.ts";
import type { SeenNode } from "./bring-up.ts";

/** So much of what an API server says is told to people. */
const toldChars = 200;

/** One page of the API's nodes; the next begins where `more` says. */
export type NodePage = { readonly nodes: readonly SeenNode[]; readonly more?: string };

/** The answer of `GET /api/v1/nodes`; throws `WireError`. */
export function parseNodePage(text: string): NodePage {
  const list = parseAnswer(text);
  const { items } = list;
  if (!Array.isArray(items)) throw invalid("items", "a list");
  const { continue: more } = { continue: undefined, ...Object(list["metadata"]) };
  return { nodes: items.map(nodeOf), ...(typeof more === "string" && more !== "" && { more }) };
}

/** An object of the API as it answers with it; throws `WireError`. */
export function parseAnswer(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    // The parser's own words would quote what may be secret.
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw invalid("text", "an object in JSON");
}

/** Why `GET /readyz` says no: the first check that fails; undefined: it is ready. */
export function readyTrouble(status: number, text: string): string | undefined {
  if (status === 200) return undefined;
  const check = /^\[-\](\S+)/m.exec(text)?.[1];
  return check === undefined ? refusal(status, text) : `${check} is not ready`;
}

/** What an answer with an error says: the message of its `Status`, or its first words. */
export function refusal(status: number, text: string): string {
  const told = statusMessage(text) ?? text.trim();
  return `${status} ${told.slice(0, toldChars)}`.trim();
}

function statusMessage(text: string): string | undefined {
  try {
    const { message } = parseAnswer(text);
    return typeof message === "string" ? message : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined; // in front of the API stands something else
    throw error;
  }
}

function nodeOf(item: unknown): SeenNode {
  const { metadata, status } = { metadata: undefined, status: undefined, ...Object(item) };
  const { name, labels } = { name: undefined, labels: {}, ...Object(metadata) };
  if (typeof name !== "string") throw invalid("metadata.name", "text");
  const unready = unreadyOf({ ...Object(status) }["conditions"]);
  return { name, labels: { ...Object(labels) }, ...(unready !== undefined && { unready }) };
}

function unreadyOf(conditions: unknown): string | undefined {
  const rows: readonly unknown[] = Array.isArray(conditions) ? conditions : [];
  const ready = rows
    .map((row): Readonly<Record<string, unknown>> => ({ ...Object(row) }))
    .find((row) => row["type"] === "Ready");
  if (ready === undefined) return "its kubelet has told nothing yet";
  if (ready["status"] === "True") return undefined;
  return String(ready["message"] ?? ready["reason"] ?? "it does not say why").slice(0, toldChars);
}

function invalid(field: string, want: string): WireError {
  const message = `the API's answer: ${field}: want ${want}, got something else`;
  return new WireError("wire.invalid", message, { field, want });
}
