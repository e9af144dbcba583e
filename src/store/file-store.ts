import { constants } from "node:fs";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { findTies, type Group, orderGroups } from "../boot/group.ts";
import { indexGroups } from "../boot/group-index.ts";
import type { Profile } from "../boot/profile.ts";
import type { Log } from "../runtime/log.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import type { Catalog, CatalogProblem, CatalogSnapshot, FileLookup } from "./catalog.ts";
import { FileCache } from "./file-cache.ts";
import { type FolderEntry, type FolderTools, JsonFolder } from "./json-folder.ts";
import { type JsonNode, parseJsonTree } from "./json-tree.ts";
import { refusedName } from "./name.ts";
import { type Dialect, readGroups, readProfile } from "./parse.ts";
import {
  type CheckPartial,
  type PartialFile,
  type Partials,
  partialEnding,
  partialName,
} from "./partial.ts";
import { parseYamlTree } from "./yaml-tree.ts";

/** The largest file that a profile may name: far above what Ignition itself can take. */
const fileBytesLimit = 16 << 20;

/** What is kept in memory of each folder of such files. */
const cacheLimits = { filesMax: 1_000, bytesMax: 16 << 20 } as const;

const partialFolder = "templates";

type FileStoreOptions = FolderTools & {
  readonly folder: string;
  readonly log: Log;
  readonly dialect?: Dialect;
  /** Absent: there are no partials, and `templates/` is not looked at. */
  readonly checkPartial?: CheckPartial;
};

/** Folders of files that profiles name. */
type FileFolder = "ignition" | "cloud" | "generic";

type Entries<T> = ReadonlyMap<string, FolderEntry<T>>;

/** Groups in the order they are tried, and what was made of them. */
type Arranged = Pick<CatalogSnapshot, "ties" | "select"> & {
  readonly entries: Entries<readonly Group[]>;
  readonly ordered: readonly Group[];
};

/**
 * The catalog in a matchbox data folder; edits made there by hand are live with the next request.
 */
export class FileStore implements Catalog, Disposable {
  readonly #options: FileStoreOptions;
  readonly #groups: JsonFolder<readonly Group[]>;
  readonly #profiles: JsonFolder<Profile>;
  readonly #partials: JsonFolder<string> | undefined;
  readonly #files: Readonly<Record<FileFolder, FileCache>>;
  #reported: ReadonlySet<string> = new Set();
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<CatalogSnapshot> | undefined;
  /** The newest state; undefined while a newer one is being made. */
  #last: CatalogSnapshot | undefined;
  #arranged: Arranged | undefined;
  #named: { readonly entries: Entries<string>; readonly partials: Partials } | undefined;

  constructor(options: FileStoreOptions) {
    const { folder: root, dialect = "kindling" } = options;
    const endings = dialect === "kindling" ? [".json", ".yaml"] : [".json"];
    this.#options = options;
    this.#groups = new JsonFolder(
      { root, folder: "groups", endings },
      (file, text) => readGroups(nameOf(file), treeOf(file, text), dialect),
      options,
    );
    this.#profiles = new JsonFolder(
      { root, folder: "profiles", endings },
      (file, text) => readProfile(nameOf(file), treeOf(file, text), dialect),
      options,
    );
    const cache = (folder: FileFolder) =>
      new FileCache({ ...options, path: join(root, folder), limits: cacheLimits });
    const [ignition, cloud, generic] = [cache("ignition"), cache("cloud"), cache("generic")];
    this.#files = { ignition, cloud, generic };
    const { checkPartial } = options;
    if (checkPartial === undefined) return;
    const place = { root, folder: partialFolder, endings: [partialEnding] };
    const check = (file: string, text: string): string => {
      partialName(file);
      checkPartial(`${partialFolder}/${file}`, text);
      return text;
    };
    this.#partials = new JsonFolder(place, check, options);
  }

  /**
   * The last state, if the kernel says that it still holds; else a new scan. A hundred machines that
   * ask at once share one, but only one that began after they asked.
   */
  snapshot(): Promise<CatalogSnapshot> {
    if (this.#last !== undefined && this.#next === undefined && this.#holds()) {
      return Promise.resolve(this.#last);
    }
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      const scan = this.#scan();
      this.#running = scan.catch(() => undefined);
      return scan;
    });
    return this.#next;
  }

  [Symbol.dispose](): void {
    this.#groups[Symbol.dispose]();
    this.#profiles[Symbol.dispose]();
    this.#partials?.[Symbol.dispose]();
    for (const cache of Object.values(this.#files)) cache[Symbol.dispose]();
  }

  ignition(name: string): Promise<FileLookup> {
    return this.#file("ignition", name);
  }

  cloud(name: string): Promise<FileLookup> {
    return this.#file("cloud", name);
  }

  generic(name: string): Promise<FileLookup> {
    return this.#file("generic", name);
  }

  async #file(folder: FileFolder, name: string): Promise<FileLookup> {
    const reason = refusedName(name);
    if (reason !== undefined) return { kind: "refused", reason };
    const cache = this.#files[folder];
    const known = cache.lookUp(name);
    if (known.kind === "kept") return { kind: "file", bytes: known.bytes };
    try {
      const path = join(this.#options.folder, folder, name);
      await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const stats = await handle.stat();
      if (!stats.isFile()) return { kind: "refused", reason: "is not a regular file" };
      if (stats.size > fileBytesLimit) return { kind: "refused", reason: "is too large" };
      const bytes = await handle.readFile();
      await cache.offer(name, { bytes, handle, since: known.since });
      return { kind: "file", bytes };
    } catch (error) {
      const code = systemErrorCode(error);
      const absent = code === "ENOENT" || code === "ENAMETOOLONG";
      return absent ? { kind: "missing" } : { kind: "refused", reason: `cannot be read: ${code}` };
    }
  }

  // All are asked, since each answer takes what the kernel has to tell.
  #holds(): boolean {
    const folders = [this.#groups, this.#profiles, this.#partials];
    return folders.map((folder) => folder?.isCurrent() ?? true).every(Boolean);
  }

  async #scan(): Promise<CatalogSnapshot> {
    this.#last = undefined;
    const root = await this.#rootProblems();
    const groups = await this.#groups.scan();
    const profiles = await this.#profiles.scan();
    const texts = await this.#partials?.scan();
    const broken = texts === undefined ? [] : problemsOf(texts);
    const problems = [...root, ...problemsOf(groups), ...problemsOf(profiles), ...broken];
    const { ordered, ties, select } = this.#arrange(groups);
    const found = { problems, ties };
    this.#report(found);
    // JSON first: it is what other programs write.
    const profile = (id: string) =>
      entryValue(profiles.get(`${id}.json`)) ?? entryValue(profiles.get(`${id}.yaml`));
    const partials = texts && this.#partialsOf(texts);
    const machines = { groups: ordered, select, profiles: valuesOf(profiles), profile };
    this.#last = { ...machines, partials, ...found };
    return this.#last;
  }

  // What takes longest with many groups is done again only if there is a new map of them.
  #arrange(entries: Entries<readonly Group[]>): Arranged {
    if (this.#arranged?.entries === entries) return this.#arranged;
    const ordered = orderGroups(valuesOf(entries).flat());
    const ties = findTies(ordered);
    this.#arranged = { entries, ordered, ties, select: indexGroups(ordered) };
    return this.#arranged;
  }

  // The same map and objects for the same files: who parses them need not do it again.
  #partialsOf(entries: Entries<string>): Partials {
    if (this.#named?.entries !== entries)
      this.#named = { entries, partials: namePartials(entries) };
    return this.#named.partials;
  }

  async #rootProblems(): Promise<readonly CatalogProblem[]> {
    try {
      const stats = await stat(this.#options.folder);
      return stats.isDirectory() ? [] : [{ file: ".", reason: "want a folder, got a file" }];
    } catch (error) {
      const code = systemErrorCode(error);
      const reason = code === "ENOENT" ? "there is no data folder" : `cannot be read: ${code}`;
      return [{ file: ".", reason }];
    }
  }

  // Each problem once, until it goes away or changes: requests come far more often than edits.
  #report({ problems, ties }: Pick<CatalogSnapshot, "problems" | "ties">): void {
    const seen = new Set<string>();
    const once = (key: string, tell: () => void) => {
      if (!this.#reported.has(key)) tell();
      seen.add(key);
    };
    const { log } = this.#options;
    for (const problem of problems) {
      once(JSON.stringify(problem), () => log.warn("catalog file left out", problem));
    }
    for (const tie of ties) {
      once(JSON.stringify(tie), () => log.warn("groups with the same selector", tie));
    }
    this.#reported = seen;
  }
}

function nameOf(file: string): string {
  return file.replace(/\.(json|yaml)$/, "");
}

function namePartials(entries: Entries<string>): Partials {
  const named = [...entries].map(([name, { result }]): [string, PartialFile] => {
    const file = `${partialFolder}/${name}`;
    const partial: PartialFile =
      result.kind === "value"
        ? { kind: "text", file, text: result.value }
        : { kind: "broken", file, reason: result.problem.reason };
    return [name.slice(0, -partialEnding.length), partial];
  });
  return new Map(named);
}

function treeOf(file: string, text: string): JsonNode {
  return file.endsWith(".json") ? parseJsonTree(text) : parseYamlTree(text);
}

function valuesOf<T>(entries: Entries<T>): readonly T[] {
  return [...entries.values()].flatMap(({ result }) =>
    result.kind === "value" ? [result.value] : [],
  );
}

function problemsOf<T>(entries: Entries<T>): readonly CatalogProblem[] {
  return [...entries.values()].flatMap(({ result }) =>
    result.kind === "problem" ? [result.problem] : [],
  );
}

function entryValue<T>(entry: FolderEntry<T> | undefined): T | undefined {
  return entry?.result.kind === "value" ? entry.result.value : undefined;
}
