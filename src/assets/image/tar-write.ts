import { WireError } from "../../errors.ts";
import { ByteWriter } from "../../wire/writer.ts";

/** A regular file of an archive; folders come of the paths of their files. */
export type TarFile = {
  readonly path: string;
  readonly size: number;
  /** Who may do what, 0644 unless said. */
  readonly mode?: number;
  /** By name; root unless said. */
  readonly owner?: string;
};

const blockSize = 512;
/** 1980-01-01T00:00:00Z, the earliest that every archiver knows; of 1970 some say that it is implausible. */
const modified = 315_532_800;
/** Eleven octal digits, POSIX.1 ustar: 8 GiB less one. */
const ustarSizeMax = 0o77_777_777_777;
const pathBytesMax = 4096;

/**
 * The blocks before a file's bytes: ustar (POSIX.1-1988), and a pax header (POSIX.1-2001) before it where
 * the path is longer than 100 bytes or not ASCII, or the file larger than 8 GiB. The time
 * is the same for all, so equal files make equal archives.
 *
 *      0      100    108    116    124    136     148  156  157     257    263   265   297   329    345     500
 *      | path | mode | uid  | gid  | size | mtime | sum | t | link | ustar | 00 | user | group | device | prefix |
 */
export function formatTarHeader({ path, size, mode = 0o644, owner = "" }: TarFile): Uint8Array {
  const bytes = Buffer.byteLength(path);
  if (bytes === 0 || bytes > pathBytesMax || path.includes("\0")) {
    throw new WireError("wire.invalid", `a path has 1 to ${pathBytesMax} bytes, got ${bytes}`, {
      ...{ field: "path", want: pathBytesMax, got: bytes },
    });
  }
  const wide = { path: bytes > 100 || !/^[ -~]+$/.test(path), size: size > ustarSizeMax };
  const block = formatBlock({
    path: wide.path ? "long-path" : path,
    size: wide.size ? 0 : size,
    ...{ mode, owner },
    type: "0",
  });
  const records = Buffer.concat([
    ...(wide.path ? [formatPaxRecord("path", path)] : []),
    ...(wide.size ? [formatPaxRecord("size", String(size))] : []),
  ]);
  if (records.length === 0) return block;
  const before = formatBlock({
    path: "pax-header",
    size: records.length,
    mode: 0o644,
    owner: "",
    type: "x",
  });
  return Buffer.concat([before, records, Buffer.alloc(tarPadding(records.length)), block]);
}

/** How many zeros follow a file of this size, up to a whole block. */
export function tarPadding(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize;
}

/** What ends an archive: two blocks of zeros. */
export function formatTarEnd(): Uint8Array {
  return new Uint8Array(2 * blockSize);
}

type Block = Required<TarFile> & { readonly type: "0" | "x" };

function formatBlock({ path, size, mode, owner, type }: Block): Uint8Array {
  const writer = new ByteWriter(blockSize, blockSize);
  const ascii = (text: string, width: number) => writer.fixed(Buffer.from(text, "latin1"), width);
  ascii(path, 100);
  for (const number of [mode, 0, 0]) ascii(octal(number, 7), 8);
  ascii(octal(size, 11), 12);
  ascii(octal(modified, 11), 12);
  ascii(" ".repeat(8), 8); // the checksum counts as blanks in its own sum
  ascii(type, 1).zeros(100);
  ascii("ustar", 6);
  ascii("00", 2);
  ascii(owner, 32).zeros(blockSize - 297);
  const block = writer.finish();
  const sum = block.reduce((total, octet) => total + octet, 0);
  block.set(Buffer.from(`${octal(sum, 6)}\0 `), 148);
  return block;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

/** `<length> <key>=<value>\n`; the length counts its own digits. */
function formatPaxRecord(key: string, value: string): Uint8Array {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  const guess = rest + String(rest).length;
  const length = rest + String(guess).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}
