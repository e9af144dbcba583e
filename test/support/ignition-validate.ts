import { KindlingError } from "../../src/errors.ts";
import { openIgnitionFiles } from "../../src/lab/ignition-files.ts";
import { cacheFolder } from "../../src/lab/package-cache.ts";

/** Debian's `ignition-validate`, which speaks 3.0 to 3.3; undefined where its package cannot be had. */
export async function findIgnitionValidate(): Promise<string | undefined> {
  const named = process.env["IGNITION_VALIDATE"];
  if (named !== undefined) return named;
  try {
    return (await openIgnitionFiles(cacheFolder(process.env), () => {})).validate;
  } catch (error) {
    if (error instanceof KindlingError) return undefined;
    throw error;
  }
}
