import { WireError } from "../errors.ts";
import { EntryKinds, type EntryName } from "./apply.ts";
import type { ClusterSecrets } from "./secrets.ts";

/** What is kept of a cluster between two commands, and is no secret. */
export type ClusterState = {
  /** Machine's name → how often it was made anew, from 1. */
  readonly generations: ReadonlyMap<string, number>;
  /** Controllers whose etcd comes to one that runs: they join that, and found none. */
  readonly arrived: ReadonlySet<string>;
  /** What was said of this host when it was applied last: verbs that say nothing else keep to it. */
  readonly site: KeptSite;
  /** The catalog's entries that are this cluster's. */
  readonly applied: readonly EntryName[];
};

const siteKeys = ["origin", "joinOrigin", "mirror"] as const;
export type KeptSite = { readonly [Key in (typeof siteKeys)[number]]?: string };

export type ClusterRecord = ClusterState & { readonly secrets: ClusterSecrets };

const format = 1;

/** What a record has besides its secrets, as the text of a file. */
export function formatClusterState(state: ClusterState): string {
  const { arrived, site, applied } = state;
  const generations = Object.fromEntries(state.generations);
  const file = { format, generations, arrived: [...arrived], site, applied };
  return `${JSON.stringify(file, null, 1)}\n`;
}

/** Undoes `formatClusterState`; throws `WireError`. */
export function parseClusterState(text: string): ClusterState {
  const state = readJson(text);
  if (state["format"] !== format) throw invalid("format", String(format));
  const generations = countsOf(state["generations"]);
  // Files of the time before `arrived`: whoever was made anew came to an etcd that ran.
  const { arrived = [...generations.keys()], site = {}, applied } = state;
  return {
    generations,
    arrived: new Set(listOf("arrived", arrived).map(String)),
    site: siteOf(site),
    applied: listOf("applied", applied).map(entryOf),
  };
}

/** The record with a machine that comes to an etcd that runs. */
export function withArrival(record: ClusterRecord, node: string): ClusterRecord {
  return { ...record, arrived: new Set([...record.arrived, node]) };
}

/**
 * The record with a machine that goes, or is made anew: another token and another generation, should it come
 * again, and no certificate of its own.
 */
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
    arrived: new Set([...record.arrived].filter((name) => name !== node)),
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

function siteOf(value: unknown): KeptSite {
  const row: Row = { ...Object(value) };
  const given = siteKeys.filter((key) => row[key] !== undefined);
  return Object.fromEntries(given.map((key) => [key, textAt(row, key)]));
}

function listOf(field: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalid(field, "a list");
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
