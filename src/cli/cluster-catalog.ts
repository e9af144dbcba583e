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
  /** The text of an entry; undefined: there is none. */
  read(name: EntryName): Promise<string | undefined>;
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
    async read({ kind, name }) {
      const file = kind === "ignition" ? name : `${name}.json`;
      try {
        return await readFile(join(root, Folders[kind], file), "utf8");
      } catch (error) {
        if (systemErrorCode(error) === "ENOENT") return undefined;
        throw error;
      }
    },
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

/** Any matchbox, by gRPC. */
export function remoteCatalog(client: CatalogClient): ClusterCatalog {
  return {
    async read({ kind, name }) {
      try {
        if (kind === "group") return formatGroup(await client.groups.show(name));
        if (kind === "profile") return formatProfile(await client.profiles.show(name));
        return Buffer.from(await client.ignition.show(name)).toString("utf8");
      } catch (error) {
        const isAbsent = error instanceof KindlingError && error.code === "catalog.not-found";
        if (isAbsent) return undefined;
        throw error;
      }
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

function partOf(client: CatalogClient, kind: EntryKind) {
  return { group: client.groups, profile: client.profiles, ignition: client.ignition }[kind];
}
