import { WireError } from "../errors.ts";
import type { PemPair } from "../pki/certificate-plan.ts";
import { EntryKinds, type EntryName } from "./apply.ts";
import { AuthorityNames, type ClusterSecrets } from "./secrets.ts";

/** What is kept of a cluster between two commands. */
export type ClusterRecord = {
  readonly secrets: ClusterSecrets;
  /** Machine's name → how often it was made anew, from 1. */
  readonly generations: ReadonlyMap<string, number>;
  /** The catalog's entries that are this cluster's. */
  readonly applied: readonly EntryName[];
};

const format = 1;

/** A record as the text of a file, which is for its owner's eyes. */
export function formatClusterRecord({ secrets, generations, applied }: ClusterRecord): string {
  const { authorities, certificates, joinTokens, ...rest } = secrets;
  const record = {
    format,
    secrets: {
      authorities: Object.fromEntries(authorities),
      certificates: Object.fromEntries(certificates),
      joinTokens: Object.fromEntries(joinTokens),
      ...rest,
    },
    generations: Object.fromEntries(generations),
    applied,
  };
  return `${JSON.stringify(record, null, 1)}\n`;
}

/** Undoes `formatClusterRecord`; throws `WireError`, which quotes nothing that may be secret. */
export function parseClusterRecord(text: string): ClusterRecord {
  const record = readJson(text);
  if (record["format"] !== format) throw invalid("format", String(format));
  const secrets = rowAt(record, "secrets");
  const bootstrap = rowAt(secrets, "bootstrapToken");
  const keys = rowAt(secrets, "serviceAccount");
  const authorities = Object.entries(rowAt(secrets, "authorities")).map(([name, pair]) => {
    const known = AuthorityNames.find((one) => one === name);
    if (known === undefined) throw invalid("authorities", AuthorityNames.join(", "));
    return [known, pairOf(pair)] as const;
  });
  return {
    secrets: {
      authorities: new Map(authorities),
      certificates: mapOf(rowAt(secrets, "certificates"), pairOf),
      serviceAccount: { private: textAt(keys, "private"), public: textAt(keys, "public") },
      bootstrapToken: { id: textAt(bootstrap, "id"), secret: textAt(bootstrap, "secret") },
      joinTokens: mapOf(rowAt(secrets, "joinTokens"), textOf),
    },
    generations: mapOf(rowAt(record, "generations"), countOf),
    applied: listOf(record["applied"]).map(entryOf),
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

function mapOf<T>(row: Row, read: (value: unknown) => T): ReadonlyMap<string, T> {
  return new Map(Object.entries(row).map(([key, value]) => [key, read(value)]));
}

function pairOf(value: unknown): PemPair {
  const row: Row = { ...Object(value) };
  return { cert: textAt(row, "cert"), key: textAt(row, "key") };
}

function entryOf(value: unknown): EntryName {
  const row: Row = { ...Object(value) };
  const kind = EntryKinds.find((one) => one === row["kind"]);
  if (kind === undefined) throw invalid("applied", EntryKinds.join(", "));
  return { kind, name: textAt(row, "name") };
}

function rowAt(row: Row, field: string): Row {
  const value = row[field];
  if (typeof value === "object" && value !== null) return { ...value };
  throw invalid(field, "an object");
}

function textAt(row: Row, field: string): string {
  const value = row[field];
  if (typeof value === "string") return value;
  throw invalid(field, "text");
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  throw invalid("joinTokens", "texts");
}

function countOf(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
  throw invalid("generations", "counts");
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
