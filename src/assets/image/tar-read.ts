import { WireError } from "../../errors.ts";
import {
  tarBlockBytes as block,
  parsePax,
  parseTarHeader,
  type TarKind,
} from "../../wire/tar-header.ts";
import { tarPadding } from "./tar-write.ts";

/**
 * Takes a tar archive apart while its bytes arrive (POSIX.1-2001 "pax" and ustar, GNU's long names).
 * Links, devices and folders are told by name and have no bytes: nothing here makes a file.
 *
 *     +------ 512 bytes ------+---- size, padded to 512 ----+---- … ----+-- 2 × 512 of zero --+
 *     | name 100 … size 12@124 | bytes of the entry          |           | end                  |
 *     | type 1@156 … prefix 155@345                          |
 */
export type TarEvent =
  | {
      readonly kind: "entry";
      readonly name: string;
      readonly bytes: number;
      readonly type: TarType;
    }
  /** A view of the given chunk, good until the next one is given. */
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  /** The entry has all its bytes. */
  | { readonly kind: "close" };
export type TarType = "file" | "folder" | "link" | "other";

/** They may tell a size, and no bytes follow. */
const Bodiless: readonly TarKind[] = ["folder", "symlink", "hardlink", "special"];
/** A path's length on Linux; pax headers hold a few more words than that. */
const nameCharsMax = 4096;
const headerBytesMax = 64 * 1024;
/** More entries than any image has; an archive of empty ones must end some time. */
const entriesMax = 1_000_000;

/** Give it chunks until there are no more, then `finish`. */
export class TarReader {
  readonly #header = new Uint8Array(block);
  #filled = 0;
  /** Bytes of the present entry and its padding that are still to come. */
  #left = 0;
  #padding = 0;
  #meta: { readonly kind: "pax" | "path"; readonly bytes: Uint8Array; filled: number } | undefined;
  #next: { name?: string; size?: number } = {};
  #entries = 0;
  #ended = false;

  /** What the chunk brings. Bytes behind the end of the archive are passed over. */
  *push(chunk: Uint8Array): Generator<TarEvent> {
    let at = 0;
    while (at < chunk.length && !this.#ended) {
      const taken = this.#left > 0 ? this.#takeBody(chunk.subarray(at)) : undefined;
      if (taken !== undefined) {
        at += taken.count;
        yield* taken.events;
        continue;
      }
      const skipped = Math.min(this.#padding, chunk.length - at);
      this.#padding -= skipped;
      at += skipped;
      const part = chunk.subarray(at, at + block - this.#filled);
      if (this.#padding > 0 || part.length === 0) continue;
      this.#header.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === block) yield* this.#readHeader();
    }
  }

  /** Throws unless the archive is whole. */
  finish(): void {
    if (this.#ended) return;
    // GNU tar and others leave out the end at times; an entry that stops in its middle is no such case.
    if (this.#left === 0 && this.#filled === 0 && this.#entries > 0) return;
    throw truncated();
  }

  #takeBody(rest: Uint8Array): { count: number; events: readonly TarEvent[] } {
    const bytes = rest.subarray(0, Math.min(rest.length, this.#left));
    this.#left -= bytes.length;
    const isDone = this.#left === 0;
    if (this.#meta === undefined) {
      const data: TarEvent = { kind: "data", bytes };
      return { count: bytes.length, events: isDone ? [data, { kind: "close" }] : [data] };
    }
    this.#meta.bytes.set(bytes, this.#meta.filled);
    this.#meta.filled += bytes.length;
    if (isDone) this.#endMeta(this.#meta);
    return { count: bytes.length, events: [] };
  }

  #endMeta({ kind, bytes }: { readonly kind: "pax" | "path"; readonly bytes: Uint8Array }): void {
    this.#meta = undefined;
    if (kind === "path") this.#next.name = textOf(bytes);
    else {
      const told = parsePax(bytes);
      const [path, size] = [told.get("path"), told.get("size")];
      if (path !== undefined) this.#next.name = path;
      if (size !== undefined) this.#next.size = paxSize(size);
    }
  }

  *#readHeader(): Generator<TarEvent> {
    this.#filled = 0;
    const header = parseTarHeader(this.#header);
    if (header === undefined) {
      this.#ended = true;
      return;
    }
    if (++this.#entries > entriesMax) {
      throw tooLong("entries", entriesMax, this.#entries);
    }
    const { kind } = header;
    if (kind === "path" || kind === "link-path" || kind === "pax" || kind === "global") {
      return this.#beginMeta(kind, header.size);
    }
    const size = Bodiless.includes(kind) ? 0 : (this.#next.size ?? header.size);
    this.#padding = tarPadding(size);
    this.#left = size;
    const name = this.#next.name ?? header.name;
    if (name.length > nameCharsMax) throw tooLong("name", nameCharsMax, name.length);
    this.#next = {};
    yield { kind: "entry", name: name.replace(/^(?:\.\/)+/, ""), bytes: size, type: typeOf(kind) };
    if (size === 0) yield { kind: "close" };
  }

  // A global header holds for all entries and names none; a link's target is for whoever follows it.
  #beginMeta(kind: "path" | "link-path" | "pax" | "global", size: number): void {
    if (size > headerBytesMax) throw tooLong("header", headerBytesMax, size);
    const isWanted = size > 0 && (kind === "path" || kind === "pax");
    this.#padding = tarPadding(size) + (isWanted ? 0 : size);
    this.#left = isWanted ? size : 0;
    if (isWanted) this.#meta = { kind, bytes: new Uint8Array(size), filled: 0 };
  }
}

function typeOf(kind: TarKind): TarType {
  if (kind === "file" || kind === "folder") return kind;
  return kind === "symlink" || kind === "hardlink" ? "link" : "other";
}

function paxSize(text: string): number {
  const size = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(size)) return size;
  const details = { field: "size", want: "digits", got: text };
  throw new WireError("wire.invalid", "tar header: want digits for size", details);
}

/** Up to the first NUL. */
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function tooLong(field: string, want: number, got: number): WireError {
  const message = `tar archive: want at most ${want} for ${field}, got ${got}`;
  return new WireError("wire.too-long", message, { field, want, got });
}

function truncated(): WireError {
  const message = "tar archive: it ends before its last entry does";
  return new WireError("wire.truncated", message, { field: "archive" });
}
