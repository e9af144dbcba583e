import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { KindlingError, WireError } from "../errors.ts";
import type { DurableDisk } from "../runtime/durable-file.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import { type ClusterRecord, formatClusterState, parseClusterState } from "./cluster-record.ts";
import { formatSecretsFile, parseSecretsFile } from "./secrets-file.ts";

/** What is kept of each cluster: its description as it was applied last, and its secrets. */
export type ClusterStore = {
  names(): Promise<readonly string[]>;
  load(name: string): Promise<KeptCluster | undefined>;
  /** Resolves when a loss of power cannot undo it. */
  save(name: string, cluster: KeptCluster): Promise<void>;
  remove(name: string): Promise<void>;
};

export type KeptCluster = {
  /** The text of `cluster.yaml`, and of the files that it named. */
  readonly description: string;
  readonly files: ReadonlyMap<string, string>;
  readonly record: ClusterRecord;
};

/** Clusters below a folder that nobody else may enter; errors are `cluster-store.unusable`. */
export function openClusterStore(folder: string, disk: DurableDisk): ClusterStore {
  const files = (name: string) => ({
    description: join(folder, name, "cluster.yaml"),
    state: join(folder, name, "state.json"),
    secrets: join(folder, name, "secrets.json"),
    named: join(folder, name, "files.json"),
  });
  return {
    names: () => attempt(folder, () => listFolders(folder)),
    load: (name) =>
      attempt(folder, async () => {
        const { description, state, secrets, named } = files(name);
        const [told, kept] = [await read(disk, state), await read(disk, secrets)];
        if (told === undefined || kept === undefined) return undefined;
        const record = { ...parseClusterState(told), secrets: parseSecretsFile(kept) };
        const beside = Object.entries(JSON.parse((await read(disk, named)) ?? "{}"));
        return {
          description: (await read(disk, description)) ?? "",
          files: new Map(beside.map(([path, text]) => [path, String(text)])),
          record,
        };
      }),
    save: (name, { description, files: beside, record }) =>
      attempt(folder, async () => {
        const paths = files(name);
        await mkdir(join(folder, name), { recursive: true, mode: 0o700 });
        await replace(disk, paths.secrets, formatSecretsFile(record.secrets));
        await replace(disk, paths.state, formatClusterState(record));
        await replace(disk, paths.named, JSON.stringify(Object.fromEntries(beside)));
        await replace(disk, paths.description, description);
      }),
    remove: (name) =>
      attempt(folder, () => rm(join(folder, name), { recursive: true, force: true })),
  };
}

async function listFolders(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw error;
  }
}

async function read(disk: DurableDisk, path: string): Promise<string | undefined> {
  const bytes = await disk.read(path);
  return bytes && Buffer.from(bytes).toString("utf8");
}

async function replace(disk: DurableDisk, path: string, text: string): Promise<void> {
  await using file = await disk.open(`${path}.new`, "fresh");
  await file.append(Buffer.from(text));
  await disk.replace(`${path}.new`, path);
}

async function attempt<T>(folder: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const isRead = error instanceof WireError || error instanceof SyntaxError;
    const isOurs = isRead || error instanceof KindlingError;
    const cause = isOurs ? error.message : systemErrorCode(error);
    const why = `the clusters in ${folder} cannot be used: ${cause}; check its owner and space`;
    throw new KindlingError("cluster-store.unusable", why, {}, error);
  }
}
