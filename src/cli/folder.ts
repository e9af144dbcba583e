import { stat } from "node:fs/promises";
import { KindlingError } from "../errors.ts";
import { systemErrorCode } from "../runtime/system-error.ts";

/** The path again if a folder is there; else an error that names what asked for it. */
export async function folderAt(path: string, asked: string): Promise<string> {
  const found = await stat(path).catch((error: unknown) => systemErrorCode(error));
  if (typeof found !== "string" && found.isDirectory()) return path;
  const got = typeof found === "string" ? found : "a file";
  throw new KindlingError("usage.invalid", `${asked}: want a folder at ${path}, got ${got}`);
}
