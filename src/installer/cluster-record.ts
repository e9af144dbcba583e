import { WireError } from "../errors.ts";
import { EntryKinds, type EntryName } from "./apply.ts";
import type { ClusterSecrets } from "./secrets.ts";

/** What is kept of a cluster between two commands, and is no secret. */
export type ClusterState = {
  /** Machine's name → how often it was made anew, from 1. */
  readonly generations: ReadonlyMap<string, number>;
  /** The catalog's entries that are this cluster's. */
  readonly applied: readonly EntryName[];
};

export type ClusterRecord = ClusterState & { readonly secrets: ClusterSecrets };

const format = 1;

/** What a record has besides its secrets, as the text of a file. */
export function formatClusterState({ generations, applied }: ClusterState): string {
  return `${JSON.stringify({ format, generations: Object.fromEntries(generations), applied }, null, 1)}\n`;
}

/** Undoes `formatClusterState`; throws `WireError`. */
export function parseClusterState(text: string): ClusterState {
  const state = readJson(text);
  if (state["format"] !== format) throw invalid("format", String(format));
  return {
    generations: countsOf(state["generations"]),
    applied: listOf(state["applied"]).map(entryOf),
  };
}

/** The record with a machine that is made anew: another token, another generation, no certificate of its own. */
export function forgetNode(record: ClusterRecord, node: string): ClusterRecord {
  const { secrets, generations } = record;
  const without = <T>(map: ReadonlyMap<string, T>, isOf: (key: string) => boolean) =>
    new Map([...map].filter(([key]) => !isOf(key)));
  return {
    ...record,
    secrets: {
      ...secrets,
      certificates: without(secrets.certificates, (key) => key.endsWith(`@${node}`)),
      joinTokens: without(secrets.joinTokens, (key) => key === node),
    },
    generations: new Map(generations).set(node, (generations.get(node) ?? 1) + 1),
  };
}

type Row = Readonly<Record<string, unknown>>;

function entryOf(value: unknown): EntryName {
  const row: Row = { ...Object(value) };
  const kind = EntryKinds.find((one) => one === row["kind"]);
  if (kind === undefined) throw invalid("applied", EntryKinds.join(", "));
  return { kind, name: textAt(row, "name") };
}

function textAt(row: Row, field: string): string {
  const value = row[field];
  if (typeof value === "string") return value;
  throw invalid(field, "text");
}

function countsOf(value: unknown): ReadonlyMap<string, number> {
  const rows = Object.entries({ ...Object(value) });
  const isCount = (one: unknown) => Number.isSafeInteger(one) && Number(one) > 0;
  if (!rows.every(([, one]) => isCount(one))) throw invalid("generations", "counts");
  return new Map(rows.map(([name, one]) => [name, Number(one)]));
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalid("applied", "a list");
}

function readJson(text: string): Row {
  try {
    return { ...JSON.parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid("text", "JSON");
    throw error;
  }
}

function invalid(field: string, want: string): WireError {
  const message = `${field}: want ${want}, got something else`;
  return new WireError("wire.invalid", message, { field, want });
}
