import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { KindlingError } from "../errors.ts";
import { type ApplyChange, type EntryKind, type EntryName, entryKey } from "../installer/apply.ts";
import type { CatalogClient } from "../rpc/client.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import { type CatalogFolder, FileWriter } from "../store/file-writer.ts";
import { formatGroup, formatProfile } from "../store/format.ts";
import { parseGroup, parseProfile } from "../store/parse.ts";

/** A catalog that a cluster is applied to. */
export type ClusterCatalog = {
  /** The text of those of these entries that are there, by key. */
  read(names: readonly EntryName[]): Promise<ReadonlyMap<string, string>>;
  change(change: ApplyChange): Promise<void>;
};

const Folders: Readonly<Record<EntryKind, CatalogFolder>> = {
  group: "groups",
  profile: "profiles",
  ignition: "ignition",
};

/** The data folder of the daemon of this host, which sees what changes by itself. */
export function folderCatalog(root: string): ClusterCatalog {
  const writer = new FileWriter(root);
  return {
    read: (names) =>
      readEach(names, async ({ kind, name }) => {
        const file = kind === "ignition" ? name : `${name}.json`;
        try {
          return await readFile(join(root, Folders[kind], file), "utf8");
        } catch (error) {
          if (systemErrorCode(error) === "ENOENT") return undefined;
          throw error;
        }
      }),
    async change(change) {
      const { kind, name } = change.entry;
      const folder = Folders[kind];
      const result =
        change.kind === "delete"
          ? await writer.remove(folder, name)
          : await writer.put(folder, name, Buffer.from(change.entry.text));
      if (result.kind === "done") return;
      const why = result.kind === "refused" ? result.reason : `${result.path}: ${result.cause}`;
      const message = `cannot write ${entryKey(change.entry)}: ${why}; check the folder's owner and space`;
      throw new KindlingError("catalog.invalid", message);
    },
  };
}

/** Any matchbox, by gRPC. Two questions tell of all groups and profiles; Ignition files it does not list. */
export function remoteCatalog(client: CatalogClient): ClusterCatalog {
  return {
    async read(names) {
      const [groups, profiles] = await Promise.all([client.groups.list(), client.profiles.list()]);
      const listed = new Map([
        ...groups.map(
          (one) => [entryKey({ kind: "group", name: one.id }), formatGroup(one)] as const,
        ),
        ...profiles.map((one) => {
          return [entryKey({ kind: "profile", name: one.id }), formatProfile(one)] as const;
        }),
      ]);
      return await readEach(names, async ({ kind, name }) => {
        if (kind !== "ignition") return listed.get(entryKey({ kind, name }));
        try {
          return Buffer.from(await client.ignition.show(name)).toString("utf8");
        } catch (error) {
          const isAbsent = error instanceof KindlingError && error.code === "catalog.not-found";
          if (isAbsent) return undefined;
          throw error;
        }
      });
    },
    async change(change) {
      const { kind, name } = change.entry;
      if (change.kind === "delete") return await partOf(client, kind).remove(name);
      const { text } = change.entry;
      if (kind === "group") return await client.groups.put(parseGroup(name, text));
      if (kind === "profile") return await client.profiles.put(parseProfile(name, text));
      return await client.ignition.put(name, Buffer.from(text));
    },
  };
}

/** How many entries are asked for, or put, at once: by gRPC each waits for the disk of the other end. */
const entriesAtOnce = 16;

async function readEach(
  names: readonly EntryName[],
  read: (name: EntryName) => Promise<string | undefined>,
): Promise<ReadonlyMap<string, string>> {
  const there = new Map<string, string>();
  const distinct = new Map(names.map((name) => [entryKey(name), name]));
  await forEach([...distinct], async ([key, name]) => {
    const text = await read(name);
    if (text !== undefined) there.set(key, text);
  });
  return there;
}

/** Makes changes in their order, those of one kind at once: nothing names what is not there yet. */
export async function changeCatalog(
  catalog: ClusterCatalog,
  changes: readonly ApplyChange[],
): Promise<void> {
  const stages = Map.groupBy(changes, ({ kind, entry }) => `${kind === "delete"} ${entry.kind}`);
  for (const stage of stages.values()) await forEach(stage, (change) => catalog.change(change));
}

/** Acts on each, a few at once; the first failure ends it, when those under way are done. */
async function forEach<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  let hasFailed = false;
  const work = async () => {
    for (const item of left) {
      if (hasFailed) return;
      try {
        await act(item);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: entriesAtOnce }, work));
  const failure = workers.find(({ status }) => status === "rejected");
  if (failure?.status === "rejected") throw failure.reason;
}

function partOf(client: CatalogClient, kind: EntryKind) {
  return { group: client.groups, profile: client.profiles, ignition: client.ignition }[kind];
}
