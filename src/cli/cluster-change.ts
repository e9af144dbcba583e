import { writeFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { ErrorTable, KindlingError } from "../errors.ts";
import { diffLines } from "../installer/apply.ts";
import type { Cluster } from "../installer/cluster.ts";
import { formatProblem, parseCluster } from "../installer/cluster-document.ts";
import type { ClusterRecord } from "../installer/cluster-record.ts";
import type { KeptCluster } from "../installer/cluster-store.ts";
import {
  type Applied,
  applyCluster,
  meetDaemon,
  siteOf,
  tellErrors,
  withCatalog,
} from "./cluster-apply.ts";
import { readDescription } from "./cluster-description.ts";
import { type ClusterHouse, type HouseFlags, loadApplied } from "./cluster-house.ts";
import { type SiteFlags, surveySite } from "./cluster-site.ts";
import type { CliContext } from "./context.ts";
import type { RpcFlags } from "./rpc.ts";

/** Flags of every verb that changes the description which was applied. */
export type ChangeFlags = HouseFlags &
  SiteFlags &
  RpcFlags & {
    /** The operator's own copy of it, which is changed too. */
    readonly file?: string;
    readonly remote: boolean;
    readonly yes: boolean;
    readonly output: "table" | "json";
  };

/** A description as text, with the files that it names, and as what it says. */
export type Draft = {
  readonly text: string;
  readonly files: ReadonlyMap<string, string>;
  readonly cluster: Cluster;
};

/** What was applied, and what it shall be. */
export type Change = { readonly kept: KeptCluster; readonly before: Cluster; readonly next: Draft };

/** Changes the text that was applied, or an operator's copy of it that comes to the same cluster. */
export async function draftChange(
  house: ClusterHouse,
  { name, file }: { readonly name: string; readonly file?: string | undefined },
  edit: (draft: Draft) => string,
): Promise<Change> {
  const { kept, cluster: before } = await loadApplied(house, name);
  const applied = change({ text: kept.description, files: kept.files, cluster: before }, edit);
  if (file === undefined) return { kept, before, next: applied };
  const own = change(readOwn(file), edit);
  if (isDeepStrictEqual(own.cluster, applied.cluster)) return { kept, before, next: own };
  const cure = `apply it first, or leave --file out`;
  const message = `${file} says something else than what was applied as ${name}: ${cure}`;
  throw new KindlingError("usage.invalid", message, { file });
}

function readOwn(file: string): Draft {
  const { text, files, reading } = readDescription(file);
  if (reading.kind === "valid") return { text, files, cluster: reading.cluster };
  const told = reading.problems.map((problem) => formatProblem(file, problem));
  throw new KindlingError("config.invalid", told.join("\n"), { file });
}

function change(draft: Draft, edit: (draft: Draft) => string): Draft {
  const text = edit(draft);
  return text === draft.text ? draft : { ...draft, text, cluster: readChanged(text, draft.files) };
}

/** What a changed text says. It was right before: what is wrong with it now was given with the command. */
export function readChanged(text: string, files: Draft["files"]): Cluster {
  const reading = parseCluster(text, (path) => files.get(path));
  if (reading.kind === "valid") return reading.cluster;
  const told = reading.problems.map(({ path, message }) => `${path}: ${message}`);
  throw new KindlingError("usage.invalid", told.join("\n"));
}

type Applying = {
  readonly record: ClusterRecord;
  readonly flags: ChangeFlags;
  /** Done once it is confirmed, before anything here changes. */
  readonly first: () => Promise<void>;
};

/** Judges a change, shows it, and applies it; undefined: the rules are against it, as was told. */
export async function applyChange(
  { kept, before, next }: Change,
  { record, flags, first }: Applying,
  { house, context }: { readonly house: ClusterHouse; readonly context: CliContext },
): Promise<Applied | undefined> {
  const { cluster, text, files } = next;
  const site = { ...record.site, ...siteOf(flags) };
  const survey = await surveySite(cluster, { ...flags, ...site }, context);
  const surroundings = await meetDaemon(house, survey);
  if (tellErrors(cluster, surroundings, context)) return undefined;
  const isChanged = !isDeepStrictEqual(cluster, before);
  if (isChanged && flags.output === "table") {
    const lines = diffLines(kept.description.split("\n"), text.split("\n"));
    context.out.write(`~ the description\n${lines.map((line) => `    ${line}\n`).join("")}`);
  }
  const wish = {
    ...{ cluster, kept: { description: text, files }, record: { ...record, site } },
    ...{ surroundings, flags, first },
  };
  const applied = await withCatalog(flags, house, (catalog) =>
    applyCluster(wish, { house, catalog, context }),
  );
  if (flags.file !== undefined) await writeFile(flags.file, text);
  return applied;
}

/** What a rule that is broken ends a command with. */
export const refusedExit = ErrorTable["config.invalid"].exit;
