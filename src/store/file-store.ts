import { constants } from "node:fs";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { findTies, type Group, orderGroups } from "../boot/group.ts";
import { indexGroups } from "../boot/group-index.ts";
import type { Profile } from "../boot/profile.ts";
import type { Log } from "../runtime/log.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import type { Catalog, CatalogProblem, CatalogSnapshot, FileLookup } from "./catalog.ts";
import { type FolderEntry, type FolderTools, JsonFolder } from "./json-folder.ts";
import { type JsonNode, parseJsonTree } from "./json-tree.ts";
import { refusedName } from "./name.ts";
import { type Dialect, readGroups, readProfile } from "./parse.ts";
import { parseYamlTree } from "./yaml-tree.ts";

/** The largest file that a profile may name: far above what Ignition itself can take. */
const fileBytesLimit = 16 << 20;

type FileStoreOptions = FolderTools & {
  readonly folder: string;
  readonly log: Log;
  readonly dialect?: Dialect;
};

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
  #reported: ReadonlySet<string> = new Set();
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<CatalogSnapshot> | undefined;
  /** The newest state; undefined while a newer one is being made. */
  #last: CatalogSnapshot | undefined;
  #arranged: Arranged | undefined;

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

  async #file(folder: string, name: string): Promise<FileLookup> {
    const reason = refusedName(name);
    if (reason !== undefined) return { kind: "refused", reason };
    try {
      const path = join(this.#options.folder, folder, name);
      await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const stats = await handle.stat();
      if (!stats.isFile()) return { kind: "refused", reason: "is not a regular file" };
      if (stats.size > fileBytesLimit) return { kind: "refused", reason: "is too large" };
      return { kind: "file", bytes: await handle.readFile() };
    } catch (error) {
      const code = systemErrorCode(error);
      const absent = code === "ENOENT" || code === "ENAMETOOLONG";
      return absent ? { kind: "missing" } : { kind: "refused", reason: `cannot be read: ${code}` };
    }
  }

  // Both are asked, since each answer takes what the kernel has to tell.
  #holds(): boolean {
    const [groups, profiles] = [this.#groups.isCurrent(), this.#profiles.isCurrent()];
    return groups && profiles;
  }

  async #scan(): Promise<CatalogSnapshot> {
    this.#last = undefined;
    const root = await this.#rootProblems();
    const groups = await this.#groups.scan();
    const profiles = await this.#profiles.scan();
    const problems = [...root, ...problemsOf(groups), ...problemsOf(profiles)];
    const { ordered, ties, select } = this.#arrange(groups);
    const found = { problems, ties };
    this.#report(found);
    // JSON first: it is what other programs write.
    const profile = (id: string) =>
      entryValue(profiles.get(`${id}.json`)) ?? entryValue(profiles.get(`${id}.yaml`));
    this.#last = { groups: ordered, select, profiles: valuesOf(profiles), profile, ...found };
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

  async #rootProblems(): Promise<readonly CatalogProblem[]> {
    try {
      const stats = await stat(this.#options.folder);
      return stats.isDirectory() ? [] : [{ file: ".", reason: "want a folder, got a file" }];
    } catch (error) {
      return [{ file: ".", reason: `cannot be read: ${systemErrorCode(error)}` }];
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
