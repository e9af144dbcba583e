import { WireError } from "../errors.ts";

/**
 * DER (X.690 §10), as much as a certificate needs: the writer's half, and enough of a reader to
 * take one that exists apart.
 *
 *     +-----+--------------------------------+----------+
 *     | tag | length: one byte below 128, or | contents |
 *     |     | 0x80 + n and n bytes           |          |
 *     +-----+--------------------------------+----------+
 */
const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Some complete DER value. */
export type Der = Uint8Array;

export const sequence = (...parts: readonly Der[]): Der => formatDer(Tag.sequence, ...parts);
export const set = (...parts: readonly Der[]): Der => formatDer(Tag.set, ...parts);
export const octetString = (bytes: Uint8Array): Der => formatDer(Tag.octetString, bytes);
export const utf8String = (text: string): Der => formatDer(Tag.utf8String, Buffer.from(text));
export const truth: Der = formatDer(Tag.boolean, Uint8Array.of(0xff));

/** A context-specific value [number]: constructed around others, or primitive with contents. */
export function tagged(number: number, kind: "constructed" | "primitive", contents: Der): Der {
  return formatDer(0x80 | (kind === "constructed" ? 0x20 : 0) | number, contents);
}

/** A number that is not negative, big end first, in as few bytes as it needs. */
export function integer(bytes: Uint8Array): Der {
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? Uint8Array.of(0) : bytes.subarray(start);
  const sign = (digits[0] ?? 0) >= 0x80 ? Uint8Array.of(0) : new Uint8Array();
  return formatDer(Tag.integer, sign, digits);
}

/** Bits in whole bytes, `unused` of them at the end not meant. */
export function bitString(bytes: Uint8Array, unused = 0): Der {
  return formatDer(Tag.bitString, Uint8Array.of(unused), bytes);
}

/** `1.2.840.10045.4.3.2` → OBJECT IDENTIFIER. */
export function objectId(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const arcs = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return formatDer(Tag.objectId, Uint8Array.from(arcs));
}

/** A time to the second: UTCTime until 2049, then GeneralizedTime (RFC 5280 §4.1.2.5). */
export function time(milliseconds: number): Der {
  const iso = new Date(milliseconds).toISOString();
  const digits = `${iso.slice(0, 19).replace(/[-:T]/g, "")}Z`;
  const short = Number(iso.slice(0, 4)) < 2050;
  return short
    ? formatDer(Tag.utcTime, Buffer.from(digits.slice(2)))
    : formatDer(Tag.generalizedTime, Buffer.from(digits));
}

/** The values one after the other in `bytes`, each with its contents apart. */
export function readDer(bytes: Uint8Array): readonly { whole: Der; contents: Uint8Array }[] {
  const values: { whole: Der; contents: Uint8Array }[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const { start, end } = extentOf(bytes, offset);
    values.push({ whole: bytes.subarray(offset, end), contents: bytes.subarray(start, end) });
    offset = end;
  }
  return values;
}

function extentOf(bytes: Uint8Array, offset: number): { start: number; end: number } {
  const first = bytes[offset + 1] ?? 0;
  const count = first < 0x80 ? 0 : first & 0x7f;
  const start = offset + 2 + count;
  const digits = bytes.subarray(offset + 2, start);
  const length = count === 0 ? first : digits.reduce((sum, byte) => sum * 256 + byte, 0);
  const end = start + length;
  if (first === 0x80 || count > 4 || end > bytes.length) {
    const details = { field: "der", offset, want: "a complete value", got: bytes.length - offset };
    throw new WireError("wire.truncated", "want a complete DER value, got a part", details);
  }
  return { start, end };
}

function formatDer(tag: number, ...parts: readonly Uint8Array[]): Der {
  const contents = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(tag), formatLength(contents.length), contents]);
}

function formatLength(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const bytes: number[] = [];
  for (let left = length; left > 0; left >>>= 8) bytes.unshift(left & 0xff);
  return Uint8Array.of(0x80 | bytes.length, ...bytes);
}
