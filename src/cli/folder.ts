import type { Dirent } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { KindlingError } from "../errors.ts";
import { systemErrorCode } from "../runtime/system-error.ts";

/** The path again if a folder is there; else an error that names what asked for it. */
export async function folderAt(path: string, asked: string): Promise<string> {
  const found = await stat(path).catch((error: unknown) => systemErrorCode(error));
  if (typeof found !== "string" && found.isDirectory()) return path;
  const got = typeof found === "string" ? found : "a file";
  throw new KindlingError("usage.invalid", `${asked}: want a folder at ${path}, got ${got}`);
}

/** The text of a file; undefined where there is none. Any other failure names the file. */
export async function textIfThere(path: string): Promise<string | undefined> {
  return await readFile(path, "utf8").catch((error: unknown) => absentOr(path, error));
}

/** What is in a folder; undefined where there is none. */
export async function entriesIfThere(path: string): Promise<readonly Dirent[] | undefined> {
  return await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    return absentOr(path, error);
  });
}

function absentOr(path: string, error: unknown): undefined {
  const code = systemErrorCode(error);
  if (code === "ENOENT" || code === "ENOTDIR") return undefined;
  const message = `cannot read ${path} (${code}): mend its permissions`;
  throw new KindlingError("config.unreadable", message, { path }, error);
}
