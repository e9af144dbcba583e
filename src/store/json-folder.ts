import { type BigIntStats, constants } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { WireError } from "../errors.ts";
import type { Clock } from "../runtime/clock.ts";
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
  readonly result:
    | { readonly kind: "value"; readonly value: T }
    | { readonly kind: "problem"; readonly problem: CatalogProblem };
};

/**
 * A folder of `.json` files that are parsed again only when they changed. Every scan lists the folder
 * and stats every file through its links, so an edit in place, a rename over, a deletion and a
 * swapped link are all seen by the next scan; nothing is watched and nothing is late.
 */
export class JsonFolder<T> {
  readonly #root: string;
  readonly #folder: string;
  readonly #parse: (name: string, text: string) => T;
  readonly #clock: Clock;
  #entries = new Map<string, FolderEntry<T>>();

  constructor(
    place: { readonly root: string; readonly folder: string },
    parse: (name: string, text: string) => T,
    clock: Clock,
  ) {
    this.#root = place.root;
    this.#folder = place.folder;
    this.#parse = parse;
    this.#clock = clock;
  }

  /** Name without `.json` → entry, by name. A folder that is not there is empty. */
  async scan(): Promise<ReadonlyMap<string, FolderEntry<T>>> {
    const listing = await listFolder(join(this.#root, this.#folder));
    if (listing.kind === "unreadable") {
      const problem = { file: this.#folder, reason: listing.reason };
      const result = { kind: "problem" as const, problem };
      return new Map([["", { stamp: "", settled: false, result }]]);
    }
    const names = listing.files.filter(isJson).sort().map(nameOf);
    const pairs = names.map(async (name) => [name, await this.#entry(name)] as const);
    this.#entries = new Map(await Promise.all(pairs));
    return this.#entries;
  }

  async #entry(name: string): Promise<FolderEntry<T>> {
    const known = this.#entries.get(name);
    const path = join(this.#root, this.#folder, `${name}.json`);
    try {
      if (known?.settled && stampOf(await stat(path, { bigint: true })) === known.stamp)
        return known;
      return await this.#read(path, name);
    } catch (error) {
      const reason = `cannot be read: ${codeOf(error)}`;
      return { stamp: reason, settled: false, result: this.#problem(name, { reason }) };
    }
  }

  async #read(path: string, name: string): Promise<FolderEntry<T>> {
    // Without O_NONBLOCK the open of a pipe that nobody writes to would never return.
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    // Stat before read: an edit in between makes the stamp too old, never too new.
    const stats = await handle.stat({ bigint: true });
    const stamp = stampOf(stats);
    if (!stats.isFile()) throw Object.assign(new Error("no file"), { code: "not a regular file" });
    if (stats.size > fileBytesLimit) {
      const reason = `want at most ${fileBytesLimit} bytes, got ${stats.size}`;
      return { stamp, settled: false, result: this.#problem(name, { reason }) };
    }
    const text = (await handle.readFile()).toString("utf8");
    const settled = this.#clock.now() - Number(stats.ctimeMs) > settleMs;
    return { stamp, settled, result: this.#parsed(name, text) };
  }

  #parsed(name: string, text: string): FolderEntry<T>["result"] {
    try {
      return { kind: "value", value: this.#parse(name, text) };
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      const { offset } = error.details;
      const position = typeof offset === "number" ? positionOf(text, offset) : {};
      return this.#problem(name, { reason: error.message, ...position });
    }
  }

  #problem(name: string, what: Omit<CatalogProblem, "file">) {
    const problem = { file: `${this.#folder}/${name}.json`, ...what };
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
    const code = codeOf(error);
    return code === "ENOENT"
      ? { kind: "files", files: [] }
      : { kind: "unreadable", reason: `cannot be listed: ${code}` };
  }
}

function isJson(file: string): boolean {
  return file.endsWith(".json");
}

function nameOf(file: string): string {
  return file.slice(0, -".json".length);
}

// The inode tells a file renamed over another, ctime an edit that put the old mtime back (rsync -t).
function stampOf(stats: BigIntStats): string {
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(":");
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
