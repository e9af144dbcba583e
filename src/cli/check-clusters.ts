import { join } from "node:path";
import { ErrorTable, KindlingError } from "../errors.ts";
import { describeRenewal, type HeldCertificate, planRenewal } from "../installer/renewal.ts";
import { parseSecretsFile } from "../installer/secrets-file.ts";
import { expiryOf } from "../rpc/credential-set.ts";
import type { CheckFinding } from "./check-catalog.ts";
import { entriesIfThere, textIfThere } from "./folder.ts";

/** Looks at the certificates of each cluster whose secrets lie in `clusters/<name>/secrets.json`. */
export async function checkClusters(
  stateFolder: string,
  now: number,
): Promise<readonly CheckFinding[]> {
  const folder = join(stateFolder, "clusters");
  const entries = (await entriesIfThere(folder)) ?? [];
  const found = entries
    .map(({ name }) => name)
    .sort()
    .map((name) => checkCluster(name, join(folder, name), now));
  return (await Promise.all(found)).flat();
}

async function checkCluster(
  name: string,
  folder: string,
  now: number,
): Promise<readonly CheckFinding[]> {
  const file = join(folder, "secrets.json");
  try {
    const text = await textIfThere(file);
    if (text === undefined) return [];
    const { authorities, certificates } = parseSecretsFile(text);
    const held = [...holdings("authority", authorities), ...holdings("leaf", certificates)];
    return planRenewal(held, now).flatMap((renewal) => {
      const message = describeRenewal(name, renewal);
      const exit = renewal.state === "expired" ? ErrorTable["tls.unusable"].exit : 0;
      return message === undefined ? [] : [{ message, exit }];
    });
  } catch (error) {
    if (!(error instanceof KindlingError)) throw error;
    return [{ message: `${file}: ${error.message}`, exit: ErrorTable["tls.unusable"].exit }];
  }
}

function holdings(
  kind: HeldCertificate["kind"],
  pairs: ReadonlyMap<string, { readonly cert: string }>,
): readonly HeldCertificate[] {
  return [...pairs].map(([key, { cert }]) => ({ key, kind, notAfter: expiryOf(cert) ?? 0 }));
}
