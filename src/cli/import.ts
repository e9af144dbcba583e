import { cp, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { ErrorTable, KindlingError } from "../errors.ts";
import { systemClock } from "../runtime/clock.ts";
import { silentLog } from "../runtime/log.ts";
import { FileStore } from "../store/file-store.ts";
import { findTroubles } from "./catalog-trouble.ts";
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
  const troubles = await findTroubles(store, snapshot);
  const { groups, profiles } = snapshot;
  const counts = `${groups.length} groups, ${profiles.length} profiles`;
  const sentences = troubles.map(({ sentence }) => sentence);
  context.out.write([counts, ...sentences].map((line) => `${line}\n`).join(""));
  const to = options["to"];
  if (typeof to === "string") context.out.write(`copied to ${to}: ${await copy(folder, to)}\n`);
  return troubles.length === 0 ? 0 : ErrorTable["catalog.invalid"].exit;
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
