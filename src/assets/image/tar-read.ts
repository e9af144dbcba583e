import { WireError } from "../../errors.ts";

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

const block = 512;
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
  #meta: { readonly kind: "pax" | "name"; readonly bytes: Uint8Array; filled: number } | undefined;
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

  #endMeta({ kind, bytes }: { readonly kind: "pax" | "name"; readonly bytes: Uint8Array }): void {
    this.#meta = undefined;
    if (kind === "name") this.#next.name = textOf(bytes);
    else Object.assign(this.#next, parsePax(bytes));
  }

  *#readHeader(): Generator<TarEvent> {
    this.#filled = 0;
    const header = this.#header;
    if (header.every((byte) => byte === 0)) {
      this.#ended = true;
      return;
    }
    checkSum(header);
    if (++this.#entries > entriesMax) {
      throw tooLong("entries", entriesMax, this.#entries);
    }
    const type = String.fromCharCode(header[156] ?? 0);
    const isMeta = type === "x" || type === "L" || type === "g" || type === "K";
    const told = (isMeta ? undefined : this.#next.size) ?? readNumber(header, 124, 12, "size");
    const size = hasBytes(type) ? told : 0;
    this.#padding = (block - (size % block)) % block;
    this.#left = size;
    if (isMeta) return this.#beginMeta(type, size);
    const name = this.#next.name ?? readName(header);
    if (name.length > nameCharsMax) throw tooLong("name", nameCharsMax, name.length);
    this.#next = {};
    yield { kind: "entry", name: name.replace(/^(?:\.\/)+/, ""), bytes: size, type: typeOf(type) };
    if (size === 0) yield { kind: "close" };
  }

  // `g` holds for all entries and names none; `K` is the target of a link, which nobody follows.
  #beginMeta(type: string, size: number): void {
    if (size > headerBytesMax) throw tooLong("header", headerBytesMax, size);
    const kind = type === "L" ? "name" : "pax";
    if (type === "g" || type === "K") this.#padding += size;
    if (type === "g" || type === "K" || size === 0) this.#left = 0;
    else this.#meta = { kind, bytes: new Uint8Array(size), filled: 0 };
  }
}

function typeOf(flag: string): TarType {
  if (flag === "0" || flag === "\0" || flag === "7") return "file";
  if (flag === "5") return "folder";
  return flag === "1" || flag === "2" ? "link" : "other";
}

// Links, devices and folders may tell a size, and no bytes follow.
function hasBytes(flag: string): boolean {
  return flag < "1" || flag > "6";
}

// The sum counts its own field as eight blanks; some old programs added signed bytes.
function checkSum(header: Uint8Array): void {
  const want = readNumber(header, 148, 8, "checksum");
  let plain = 0;
  let signed = 0;
  for (const [at, byte] of header.entries()) {
    const value = at >= 148 && at < 156 ? 0x20 : byte;
    plain += value;
    signed += value > 127 ? value - 256 : value;
  }
  if (want === plain || want === signed) return;
  const details = { field: "checksum", want, got: plain };
  throw new WireError("wire.invalid", `tar header: want checksum ${want}, got ${plain}`, details);
}

// Octal digits, or GNU's base 256 where the first bit is set (files of 8 GiB and more).
function readNumber(header: Uint8Array, at: number, length: number, field: string): number {
  const bytes = header.subarray(at, at + length);
  const isBinary = ((bytes[0] ?? 0) & 0x80) !== 0;
  const digits = textOf(bytes).trim();
  const value = isBinary
    ? bytes.reduce((sum, byte, place) => sum * 256 + (place === 0 ? byte & 0x7f : byte), 0)
    : /^[0-7]+$/.test(digits)
      ? Number.parseInt(digits, 8)
      : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  const details = { field, offset: at, want: "octal digits", got: digits };
  throw new WireError("wire.invalid", `tar header: want digits for ${field}`, details);
}

function readName(header: Uint8Array): string {
  const name = textOf(header.subarray(0, 100));
  const isUstar = textOf(header.subarray(257, 262)) === "ustar";
  const prefix = isUstar ? textOf(header.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** `<length> <key>=<value>\n`, of which name and size are wanted. */
function parsePax(bytes: Uint8Array): { name?: string; size?: number } {
  const found: { name?: string; size?: number } = {};
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(textOf(bytes.subarray(at, Math.max(at, space))));
    if (!Number.isInteger(length) || length <= space - at || at + length > bytes.length) {
      const details = { field: "pax", offset: at, want: "a length", got: length };
      throw new WireError("wire.invalid", "tar header: want a length before each word", details);
    }
    const [, key, value = ""] =
      /^([^=]*)=([\s\S]*)\n$/.exec(textOf(bytes.subarray(space + 1, at + length))) ?? [];
    if (key === "path") found.name = value;
    if (key === "size") found.size = paxSize(value);
    at += length;
  }
  return found;
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
