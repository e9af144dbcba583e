import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Cluster } from "../installer/cluster.ts";
import { installScriptPath } from "../installer/install-stage.ts";
import { durableDisk } from "../runtime/durable-file.ts";
import type { CliContext } from "./context.ts";
import { textIfThere } from "./folder.ts";

/** The script of this version, which live systems fetch from the assets. */
const ownScript = join(import.meta.dirname, "../../images/installer/install.sh");

/** Puts the installer's script among the assets; one that is there already is the operator's to keep. */
export async function keepScript(
  assets: string,
  { operatingSystem }: Pick<Cluster, "operatingSystem">,
  { error }: Pick<CliContext, "error">,
): Promise<void> {
  if (operatingSystem.install !== "staged") return;
  const path = join(assets, installScriptPath.slice("/assets/".length));
  const own = await readFile(ownScript, "utf8");
  const there = await textIfThere(path);
  if (there === own) return;
  if (there !== undefined) {
    error.write(`${path} is not this version's and is left as it is; remove it to have this one\n`);
    return;
  }
  await mkdir(dirname(path), { recursive: true });
  {
    await using file = await durableDisk.open(`${path}.new`, "fresh");
    await file.append(Buffer.from(own));
  }
  await durableDisk.replace(`${path}.new`, path);
}
