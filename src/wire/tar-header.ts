import { WireError } from "../errors.ts";

/**
 * One block of a tar archive (POSIX ustar, with what GNU tar and pax add). Numbers are octal text, or
 * big-endian behind a first octet of 0x80 where they do not fit.
 *
 *     0        100   108  116  124   136    148   156 157       257    263  265          345     500
 *     +---------+-----+----+----+-----+------+-----+--+----------+------+----+------------+-------+---+
 *     | name    |mode |uid |gid |size |mtime |chk  |ty| link     |ustar\0|00 | user, …    |prefix |   |
 *     +---------+-----+----+----+-----+------+-----+--+----------+------+----+------------+-------+---+
 */
export type TarHeader = {
  readonly kind: TarKind;
  readonly name: string;
  /** Bytes that follow, without the padding to a whole block. */
  readonly size: number;
  /** Where a link leads; empty otherwise. */
  readonly link: string;
};

/** `path` and `pax` tell of the entry behind them; `global` of all, and is of no use here. */
export type TarKind =
  | "file"
  | "folder"
  | "symlink"
  | "hardlink"
  | "path"
  | "link-path"
  | "pax"
  | "global"
  /** A device or a pipe; no bytes follow. */
  | "special"
  | "unknown";

export const tarBlockBytes = 512;

const Kinds: Readonly<Record<string, TarKind>> = {
  "\0": "file",
  "0": "file",
  "7": "file",
  "1": "hardlink",
  "2": "symlink",
  "3": "special",
  "4": "special",
  "5": "folder",
  "6": "special",
  L: "path",
  K: "link-path",
  x: "pax",
  g: "global",
};

/** A header → what it says; undefined: a block of zeros, which ends an archive. */
export function parseTarHeader(block: Uint8Array): TarHeader | undefined {
  if (block.length !== tarBlockBytes) {
    throw new WireError("wire.truncated", `want ${tarBlockBytes} bytes, got ${block.length}`, {
      field: "tar header",
      want: tarBlockBytes,
      got: block.length,
    });
  }
  if (block.every((octet) => octet === 0)) return undefined;
  checkSum(block);
  const type = String.fromCharCode(block[156] ?? 0);
  // GNU tar keeps times where ustar has its prefix, and says so in its magic.
  const isPosix = textAt(block, 257, 6) === "ustar" && block[263] !== 0x20;
  const prefix = isPosix ? textAt(block, 345, 155) : "";
  const name = textAt(block, 0, 100);
  return {
    kind: Kinds[type] ?? "unknown",
    name: prefix === "" ? name : `${prefix}/${name}`,
    size: numberAt(block, 124, 12),
    link: textAt(block, 157, 100),
  };
}

/** The records `<length> <key>=<value>\n` of a pax header. */
export function parsePax(bytes: Uint8Array): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < text.length; ) {
    const blank = text.indexOf(0x20, at);
    const length = blank < 0 ? Number.NaN : Number(text.toString("latin1", at, blank));
    const record = text.toString("utf8", blank + 1, at + length - 1);
    const equals = record.indexOf("=");
    const isWhole = Number.isSafeInteger(length) && length > 0 && at + length <= text.length;
    if (!isWhole || equals < 1 || text[at + length - 1] !== 0x0a) {
      throw new WireError("wire.invalid", `a pax record at ${at} is none`, {
        field: "pax",
        offset: at,
      });
    }
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}

// The sum of all octets, its own eight taken as blanks; old programs added signed octets.
function checkSum(block: Uint8Array): void {
  let [plain, signed] = [0, 0];
  for (const [at, octet] of block.entries()) {
    const value = at >= 148 && at < 156 ? 0x20 : octet;
    plain += value;
    signed += value > 127 ? value - 256 : value;
  }
  const want = numberAt(block, 148, 8);
  if (want === plain || want === signed) return;
  throw new WireError("wire.invalid", `the checksum is ${want}, want ${plain}: no tar archive`, {
    field: "tar checksum",
    offset: 148,
    want: plain,
    got: want,
  });
}

function numberAt(block: Uint8Array, start: number, length: number): number {
  const field = block.subarray(start, start + length);
  const first = field[0] ?? 0;
  const value =
    first === 0x80
      ? field.subarray(1).reduce((sum, octet) => sum * 256 + octet, 0)
      : octal(textAt(block, start, length).trim());
  if (Number.isSafeInteger(value)) return value;
  throw new WireError("wire.invalid", `want digits in a tar header at ${start}`, {
    field: "tar number",
    offset: start,
  });
}

function octal(text: string): number {
  if (text === "") return 0;
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
}

function textAt(block: Uint8Array, start: number, length: number): string {
  const field = Buffer.from(block.subarray(start, start + length));
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? length : end);
}
