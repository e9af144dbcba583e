import { type BigIntStats, constants } from "node:fs";
import { lstat, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { KindlingError } from "../errors.ts";
import type { Clock } from "../runtime/clock.ts";
import { FolderWatch } from "../runtime/folder-watch.ts";
import { systemErrorCode } from "../runtime/system-error.ts";
import type { CatalogProblem } from "./catalog.ts";
import { positionOf } from "./json-tree.ts";

/** The largest catalog file that is read. */
const fileBytesLimit = 1 << 20;

/**
 * How old a file must be before its stamp is believed. A second edit within one tick of the file
 * system's clock (1-10 ms on Linux, 1 s on NFS v2) leaves the stamp as it was, so a file this fresh
 * is read anew each time.
 */
const settleMs = 2_000;

/** What one file came to: a value or a problem, and the stamp it had. */
export type FolderEntry<T> = {
  readonly stamp: string;
  readonly settled: boolean;
  /** The folder's watch tells of its edits: a file of its own, known here by its only name. */
  readonly watched: boolean;
  readonly result:
    | { readonly kind: "value"; readonly value: T }
    | { readonly kind: "problem"; readonly problem: CatalogProblem };
};

/** What a folder is read with; `openWatch` gives undefined where changes are to be looked for. */
export type FolderTools = {
  readonly clock: Clock;
  readonly openWatch?: (path: string) => FolderWatch | undefined;
};

type Entries<T> = ReadonlyMap<string, FolderEntry<T>>;

/**
 * A folder of `.json` files (and of further `endings`) that are parsed again only when they changed. Where the kernel tells
 * changes, a scan looks at the names it told and at links, whose targets nobody watches; elsewhere,
 * and after anything doubtful, it lists the folder and stats each file. Either way an edit in place,
 * a rename over, a deletion and a swapped link are seen by the next scan, never late. The one edit
 * that is missed: in place, through a hard link made elsewhere since the file was read.
 */
export class JsonFolder<T> implements Disposable {
  readonly #path: string;
  readonly #folder: string;
  readonly #endings: readonly string[];
  readonly #parse: (name: string, text: string) => T;
  readonly #clock: Clock;
  readonly #openWatch: (path: string) => FolderWatch | undefined;
  #watch: FolderWatch | undefined;
  #entries: Entries<T> = new Map();
  /** Names to look at in the next scan, or all of them. */
  #doubtful: Set<string> | "all" = "all";
  #unwatched: readonly string[] = [];

  constructor(
    place: { readonly root: string; readonly folder: string; readonly endings?: readonly string[] },
    parse: (name: string, text: string) => T,
    { clock, openWatch = FolderWatch.open }: FolderTools,
  ) {
    this.#path = join(place.root, place.folder);
    this.#folder = place.folder;
    this.#endings = place.endings ?? [".json"];
    this.#parse = parse;
    this.#clock = clock;
    this.#openWatch = openWatch;
  }

  /** True if a scan now would find what the last one found, as far as that is known without one. */
  isCurrent(): boolean {
    this.#collect();
    return this.#doubtful !== "all" && this.#doubtful.size + this.#unwatched.length === 0;
  }

  /**
   * File name → entry, by name; the same map as before if nothing changed. A folder that
   * is not there is empty. One scan at a time.
   */
  async scan(): Promise<Entries<T>> {
    this.#collect();
    const doubtful = this.#doubtful;
    this.#doubtful = "all"; // until the scan has succeeded
    if (doubtful === "all") {
      this.#watch?.[Symbol.dispose]();
      // Before the listing: what changes behind its back is told to the scan after this one.
      this.#watch = this.#openWatch(this.#path);
      this.#entries = this.#reuse(await this.#scanAll());
    } else {
      this.#entries = await this.#scanSome(new Set([...doubtful, ...this.#unwatched]));
    }
    this.#unwatched = [...this.#entries].flatMap(([name, { watched }]) => (watched ? [] : [name]));
    if (this.#watch !== undefined) this.#doubtful = new Set();
    return this.#entries;
  }

  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
    this.#doubtful = "all";
  }

  #collect(): void {
    if (this.#doubtful === "all") return;
    const changes = this.#watch?.changes() ?? "anything";
    if (changes === "anything") this.#doubtful = "all";
    else for (const file of changes) if (this.#isOurs(file)) this.#doubtful.add(file);
  }

  #isOurs(file: string): boolean {
    return this.#endings.some((ending) => file.endsWith(ending));
  }

  async #scanAll(): Promise<Entries<T>> {
    const listing = await listFolder(this.#path);
    if (listing.kind === "unreadable") {
      const problem = { file: this.#folder, reason: listing.reason };
      const result = { kind: "problem" as const, problem };
      return new Map([["", { stamp: "", settled: false, watched: false, result }]]);
    }
    const names = listing.files.filter((file) => this.#isOurs(file)).sort();
    return present(await this.#look(names));
  }

  async #scanSome(names: ReadonlySet<string>): Promise<Entries<T>> {
    const found = await this.#look([...names]);
    // Perhaps a second name of a file that is known: what is written through one name changes both,
    // and the kernel tells of the one that was used.
    const isNewlyUnwatched = found.some(
      ([name, entry]) => entry?.watched === false && this.#entries.get(name)?.watched !== false,
    );
    if (isNewlyUnwatched) return this.#reuse(await this.#scanAll());
    if (found.every(([name, entry]) => this.#entries.get(name) === entry)) return this.#entries;
    const all = present([...this.#entries, ...found]);
    return new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #look(names: readonly string[]) {
    return Promise.all(names.map(async (name) => [name, await this.#entry(name)] as const));
  }

  // The same map for the same entries, so that nobody downstream sorts and indexes them again.
  #reuse(entries: Entries<T>): Entries<T> {
    const known = this.#entries;
    const same = [...entries].every(([name, entry]) => known.get(name) === entry);
    return same && known.size === entries.size ? known : entries;
  }

  /** Undefined for a file that is gone. */
  async #entry(name: string): Promise<FolderEntry<T> | undefined> {
    const known = this.#entries.get(name);
    const path = join(this.#path, name);
    try {
      const own = await lstat(path, { bigint: true });
      const watched = this.#watch !== undefined && own.isFile() && own.nlink === 1n;
      const stats = own.isSymbolicLink() ? await stat(path, { bigint: true }) : own;
      if (known?.settled && known.watched === watched && stampOf(stats) === known.stamp) {
        return known;
      }
      return await this.#read(path, { name, watched });
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === "ENOENT" && !(await isThere(path))) return undefined;
      return this.#unread(name, `cannot be read: ${code}`);
    }
  }

  async #read(path: string, as: { name: string; watched: boolean }): Promise<FolderEntry<T>> {
    const { name, watched } = as;
    // Without O_NONBLOCK the open of a pipe that nobody writes to would never return.
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    // Stat before read: an edit in between makes the stamp too old, never too new.
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) return this.#unread(name, "is not a regular file");
    if (stats.size > fileBytesLimit) {
      return this.#unread(name, `want at most ${fileBytesLimit} bytes, got ${stats.size}`);
    }
    const text = (await handle.readFile()).toString("utf8");
    const told = watched && this.#watch?.holds(handle.fd) === true;
    const settled = this.#clock.now() - Number(stats.ctimeMs) > settleMs;
    return { stamp: stampOf(stats), settled, watched: told, result: this.#parsed(name, text) };
  }

  #unread(name: string, reason: string): FolderEntry<T> {
    const result = this.#problem(name, { reason });
    return { stamp: "", settled: false, watched: false, result };
  }

  #parsed(name: string, text: string): FolderEntry<T>["result"] {
    try {
      return { kind: "value", value: this.#parse(name, text) };
    } catch (error) {
      if (!(error instanceof KindlingError)) throw error;
      return this.#problem(name, { reason: error.message, ...placeOf(error, text) });
    }
  }

  #problem(name: string, what: Omit<CatalogProblem, "file">) {
    const problem = { file: `${this.#folder}/${name}`, ...what };
    return { kind: "problem" as const, problem };
  }
}

type Listing =
  | { readonly kind: "files"; readonly files: readonly string[] }
  | { readonly kind: "unreadable"; readonly reason: string };

async function listFolder(path: string): Promise<Listing> {
  try {
    return { kind: "files", files: await readdir(path) };
  } catch (error) {
    const code = systemErrorCode(error);
    return code === "ENOENT"
      ? { kind: "files", files: [] }
      : { kind: "unreadable", reason: `cannot be listed: ${code}` };
  }
}

async function isThere(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}

function placeOf({ details }: KindlingError, text: string): { line?: number; column?: number } {
  const { offset, line, column } = details;
  if (typeof offset === "number") return positionOf(text, offset);
  return typeof line === "number" && typeof column === "number" ? { line, column } : {};
}

function present<T>(pairs: readonly (readonly [string, FolderEntry<T> | undefined])[]): Entries<T> {
  const entries = new Map(pairs);
  const gone = [...entries].filter(([, entry]) => entry === undefined);
  for (const [name] of gone) entries.delete(name);
  return entries as Entries<T>; // those without an entry have just been taken out
}

// The inode tells a file renamed over another, ctime an edit that put the old mtime back (rsync
// -t).
function stampOf(stats: BigIntStats): string {
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(":");
}
