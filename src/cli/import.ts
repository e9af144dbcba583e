import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { ErrorTable, KindlingError } from "../errors.ts";
import { checkRawIgnition, isRawIgnition } from "../render/ignition.ts";
import { systemClock } from "../runtime/clock.ts";
import { silentLog } from "../runtime/log.ts";
import type { CatalogSnapshot, FileLookup } from "../store/catalog.ts";
import { FileStore } from "../store/file-store.ts";
import type { CliContext } from "./context.ts";
import { folderAt } from "./folder.ts";

/** What of a data folder is taken over. */
const parts = ["groups", "profiles", "ignition", "cloud", "generic"];

/** Adds `kindling import matchbox DIR`. */
export function addImportFlags(command: Command): Command {
  return command
    .argument("<from>", "whose folder it is: matchbox")
    .argument("<folder>", "its data folder")
    .option("--to <folder>", "copy it there, if nothing is in the way");
}

/** `kindling import matchbox`: checks a matchbox data folder, tells every trouble, and copies it if asked. */
export async function runImport(
  [from = "", given = ""]: readonly string[],
  options: Readonly<Record<string, unknown>>,
  context: CliContext,
): Promise<number> {
  if (from !== "matchbox") {
    throw new KindlingError("usage.invalid", `want "matchbox", got "${from}"`);
  }
  const folder = await folderAt(given, "the data folder");
  using store = new FileStore({ folder, clock: systemClock, log: silentLog, dialect: "matchbox" });
  const snapshot = await store.snapshot();
  const findings = [...findInCatalog(snapshot), ...(await findInFiles(store, snapshot))];
  const { groups, profiles } = snapshot;
  const counts = `${groups.length} groups, ${profiles.length} profiles`;
  context.out.write([counts, ...findings].map((line) => `${line}\n`).join(""));
  const to = options["to"];
  if (typeof to === "string") context.out.write(`copied to ${to}: ${await copy(folder, to)}\n`);
  return findings.length === 0 ? 0 : ErrorTable["catalog.invalid"].exit;
}

function findInCatalog({ groups, profile, problems, ties }: CatalogSnapshot): readonly string[] {
  return [
    ...problems.map(({ file, reason, line, column }) => {
      const place = [file, line, column].filter((part) => part !== undefined).join(":");
      return `${place}: left out: ${reason}`;
    }),
    ...ties.map(({ selector, files }) => {
      return `groups/${files[0]}.json hides ${files.slice(1).join(", ")}: all select "${selector}"`;
    }),
    ...groups
      .filter((group) => profile(group.profile) === undefined)
      .map((group) => `groups/${group.file}.json: there is no profile "${group.profile}"`),
  ];
}

async function findInFiles(
  store: FileStore,
  { profiles }: CatalogSnapshot,
): Promise<readonly string[]> {
  const found = profiles.flatMap(({ file, ignitionId, cloudId, genericId }) => [
    check(`profiles/${file}.json: ignition/${ignitionId}`, ignitionId, async () => {
      const lookup = await store.ignition(ignitionId);
      return lookup.kind === "file" ? ignitionTrouble(ignitionId, lookup.bytes) : why(lookup);
    }),
    check(`profiles/${file}.json: cloud/${cloudId}`, cloudId, async () => {
      return why(await store.cloud(cloudId));
    }),
    check(`profiles/${file}.json: generic/${genericId}`, genericId, async () => {
      return why(await store.generic(genericId));
    }),
  ]);
  return (await Promise.all(found)).flat();
}

async function check(
  what: string,
  name: string,
  trouble: () => Promise<string | undefined>,
): Promise<readonly string[]> {
  const found = name === "" ? undefined : await trouble();
  return found === undefined ? [] : [`${what}: ${found}`];
}

function why(lookup: FileLookup): string | undefined {
  if (lookup.kind === "file") return undefined;
  return lookup.kind === "missing" ? "is missing" : lookup.reason;
}

function ignitionTrouble(name: string, bytes: Buffer): string | undefined {
  if (!isRawIgnition(name)) return undefined;
  const checked = checkRawIgnition(bytes);
  return checked.kind === "usable" ? undefined : checked.reason;
}

async function copy(from: string, to: string): Promise<string> {
  const present = await readdir(from);
  const taken = parts.filter((part) => present.includes(part));
  for (const part of taken) {
    const already = await readdir(join(to, part)).catch(() => []);
    if (already.length === 0) continue;
    const cure = "name an empty folder";
    throw new KindlingError("usage.invalid", `--to: ${join(to, part)} is not empty; ${cure}`);
  }
  const options = { recursive: true, preserveTimestamps: true, verbatimSymlinks: true };
  for (const part of taken) await cp(join(from, part), join(to, part), options);
  return taken.join(", ");
}
