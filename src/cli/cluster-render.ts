import { randomBytes } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ErrorTable, KindlingError } from "../errors.ts";
import type { Cluster } from "../installer/cluster.ts";
import { makeSecrets } from "../installer/make-secrets.ts";
import { renderCluster } from "../installer/plan.ts";
import { type PlanFile, planFiles } from "../installer/plan-files.ts";
import { authorityOf, type ClusterSecrets, certificateOf } from "../installer/secrets.ts";
import { formatSecretsFile, parseSecretsFile } from "../installer/secrets-file.ts";
import type { ClusterSurroundings } from "../installer/surroundings.ts";
import { judge } from "../installer/validation.ts";
import { Validations } from "../installer/validations/table.ts";
import { formatZip } from "../installer/zip.ts";
import { formatPkcs12 } from "../pki/pkcs12.ts";
import { readDescription, tellProblems } from "./cluster-description.ts";
import { type SiteFlags, surveySite } from "./cluster-site.ts";
import type { CliContext } from "./context.ts";
import { entriesIfThere, textIfThere } from "./folder.ts";

export type RenderFlags = SiteFlags & {
  readonly to?: string;
  readonly zip?: string;
  readonly secrets?: string;
  readonly renew: boolean;
  readonly output: "table" | "json";
};

/** A file of a plan, or one that is no text. */
type RunFile = Omit<PlanFile, "text"> & { readonly text: string | Uint8Array };

/** Where a run's secrets are found by the next one. */
const kept = "secret/secrets.json";
const planFolders = ["groups", "profiles", "ignition", "manifests", "secret/bundles"];

/** `kindling cluster render`: a dry run. Rows that could not look are a warning, errors end it. */
export async function runRenderCluster(
  file: string,
  flags: RenderFlags,
  context: CliContext,
): Promise<number> {
  const { reading } = readDescription(file);
  if (reading.kind === "invalid") return tellProblems(file, reading, context);
  const { cluster } = reading;
  if ((flags.to === undefined) === (flags.zip === undefined)) {
    throw new KindlingError("usage.invalid", "want one of --to FOLDER and --zip FILE");
  }
  const surroundings = await surveySite(cluster, flags, context);
  const { findings } = judge(Validations, cluster, surroundings);
  const errors = findings.filter(({ severity }) => severity === "error");
  const missing = whatIsMissing(cluster, surroundings);
  if (errors.length > 0 || missing.length > 0) {
    const lines = errors.map(
      ({ id, sentence, what, cure }) => `${id}: ${sentence}: ${what}: ${cure}`,
    );
    context.error.write([...lines, ...missing].map((line) => `${line}\n`).join(""));
    return ErrorTable["config.invalid"].exit;
  }
  const secrets = await keepSecrets(cluster, surroundings, flags);
  const files: readonly RunFile[] = [
    ...planFiles(renderCluster(cluster, secrets, surroundings)),
    { path: kept, text: formatSecretsFile(secrets), secret: true },
    ...adminFiles(cluster, secrets),
  ];
  const place =
    flags.to === undefined
      ? await writeArchive(files, flags.zip ?? "")
      : await writeFolder(files, flags.to);
  const count = files.filter(({ secret }) => secret).length;
  const told =
    flags.output === "json"
      ? JSON.stringify(
          { place, files: files.map(({ path, secret }) => ({ path, secret })) },
          null,
          2,
        )
      : `${place}: ${files.length} files, ${count} of them secret, for ${cluster.nodes.length} machines`;
  context.out.write(`${told}\n`);
  return 0;
}

/** The administrator's log-in for browsers, with a password of chance beside it. */
function adminFiles(cluster: Cluster, secrets: ClusterSecrets): readonly RunFile[] {
  if (cluster.kubernetes === undefined) return [];
  const password = randomBytes(15).toString("base64url");
  const authority = authorityOf(secrets, "cluster").cert;
  const pair = certificateOf(secrets, "admin");
  const text = formatPkcs12({ pair, authority, password, name: cluster.administrator.name });
  return [
    { path: "secret/admin.p12", text, secret: true },
    { path: "secret/admin.p12.password", text: `${password}\n`, secret: true },
  ];
}

// A dry run needs more facts than the judges: without the image there is nothing to boot.
function whatIsMissing(
  { kubernetes }: Cluster,
  { images, bundles }: ClusterSurroundings,
): readonly string[] {
  const folder = "below the assets folder: pull or import it first";
  return [
    ...(images === undefined ? [`there are no images ${folder}`] : []),
    ...(kubernetes !== undefined && bundles === undefined
      ? [`there is no Kubernetes bundle ${folder}`]
      : []),
  ];
}

async function keepSecrets(
  cluster: Cluster,
  { now }: ClusterSurroundings,
  { secrets: named, to, renew }: RenderFlags,
): Promise<ClusterSecrets> {
  const file = named ?? (to === undefined ? undefined : join(to, kept));
  const held = file === undefined ? undefined : await readSecrets(file);
  const before = held && renew ? { ...held, certificates: new Map(), joinTokens: new Map() } : held;
  const secrets = await makeSecrets(cluster, now, before);
  if (named !== undefined) await writeSecret(named, formatSecretsFile(secrets));
  return secrets;
}

async function readSecrets(file: string): Promise<ClusterSecrets | undefined> {
  const text = await textIfThere(file);
  if (text === undefined) return undefined;
  try {
    return parseSecretsFile(text);
  } catch (error) {
    if (!(error instanceof KindlingError)) throw error;
    const message = `${file}: ${error.message}: it is not written over; move it away, or mend it`;
    throw new KindlingError("config.invalid", message, { file }, error);
  }
}

// What an earlier run wrote goes away: a machine that is no longer described must not be installed.
async function writeFolder(files: readonly RunFile[], folder: string): Promise<string> {
  const present = (await entriesIfThere(folder)) ?? [];
  if (present.length > 0) {
    if ((await textIfThere(join(folder, kept))) === undefined) {
      const message = `--to: ${folder} holds other files; name a new folder, or one of an earlier run`;
      throw new KindlingError("usage.invalid", message);
    }
    for (const name of planFolders) await rm(join(folder, name), { recursive: true, force: true });
  }
  for (const { path, text, secret } of files) {
    const file = join(folder, path);
    if (secret) await writeSecret(file, text);
    else {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text, { mode: 0o644 });
    }
  }
  return folder;
}

async function writeArchive(files: readonly RunFile[], file: string): Promise<string> {
  const entries = files.map(({ path, text, secret }) => {
    return { path, bytes: Buffer.from(text), mode: secret ? 0o600 : 0o644 };
  });
  await writeFile(file, formatZip(entries), { mode: 0o600 });
  return file;
}

async function writeSecret(file: string, text: string | Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, text, { mode: 0o600 });
}
