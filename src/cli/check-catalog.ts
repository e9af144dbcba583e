import { stat } from "node:fs/promises";
import { ErrorTable } from "../errors.ts";
import { systemClock } from "../runtime/clock.ts";
import { silentLog } from "../runtime/log.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import { FileStore } from "../store/file-store.ts";
import { checkPartial } from "../text-engines.ts";
import { findTroubles } from "./catalog-trouble.ts";

/** What `kindling check` found: `exit` 0 is worth a note, anything else stands in the way. */
export type CheckFinding = { readonly message: string; readonly exit: number };

/**
 * Reads the whole catalog as the daemon would. Broken files end the check with 1. A folder that is
 * not there is a note: it is so after an installation, and the daemon serves without it.
 */
export async function checkCatalog(folder: string): Promise<readonly CheckFinding[]> {
  const missing = await stat(folder).then(
    () => false,
    (error: unknown) => systemErrorCode(error) === "ENOENT",
  );
  if (missing) {
    const cure = "make it and put groups/ and profiles/ into it, or set data.folder";
    const message = `there is no data folder ${folder}, so machines are told nothing to boot: ${cure}`;
    return [{ message, exit: 0 }];
  }
  using store = new FileStore({ folder, clock: systemClock, log: silentLog, checkPartial });
  const root = folder.endsWith("/") ? folder : `${folder}/`;
  const troubles = await findTroubles(store, await store.snapshot());
  return troubles.map(({ kind, sentence }) => {
    const exit = kind === "broken" ? ErrorTable["catalog.invalid"].exit : 0;
    return { message: `${root}${sentence}`, exit };
  });
}
