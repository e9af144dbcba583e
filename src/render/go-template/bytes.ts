/**
 * Go's strings are bytes, and templates see it: `len`, `index` and `slice` count bytes. So every
 * string inside this folder is a byte string: a JavaScript string whose characters are bytes 0-255
 * of the UTF-8 text. Comparing two of them compares bytes, as Go sorts.
 */

/** One code point and how many bytes it took; a byte that is no UTF-8 is U+FFFD of size 1. */
export type Rune = { readonly code: number; readonly size: number };

/** What stands for text that is none. */
export const runeError = 0xfffd;

/** Text → byte string. */
export function bytesOf(text: string): string {
  return BeyondAscii.test(text) ? Buffer.from(text, "utf8").toString("latin1") : text;
}

/** Byte string → text; each byte that is no UTF-8 becomes U+FFFD, as in Go. */
export function textOf(bytes: string): string {
  if (!BeyondAscii.test(bytes)) return bytes;
  const text = Buffer.from(bytes, "latin1").toString("utf8");
  // Buffer makes one U+FFFD of a cut-off rune.
  if (!text.includes("\ufffd")) return text;
  return [...runesOf(bytes)].map(({ code }) => String.fromCodePoint(code)).join("");
}

/** The rune that starts at `at`, which must lie inside. */
export function runeAt(bytes: string, at: number): Rune {
  const first = bytes.charCodeAt(at);
  if (first < 0x80) return { code: first, size: 1 };
  const shape = Shapes.find(({ low, high }) => first >= low && first <= high);
  const rest = shape === undefined ? "" : bytes.slice(at + 1, at + shape.size);
  if (shape === undefined || rest.length < shape.size - 1) return bad;
  let code = first & shape.bits;
  for (let index = 0; index < rest.length; index++) {
    const byte = rest.charCodeAt(index);
    if ((byte & 0xc0) !== 0x80) return bad;
    code = (code << 6) | (byte & 0x3f);
  }
  return code < shape.least || !isValidRune(code) ? bad : { code, size: shape.size };
}

/** Every rune in order. */
export function* runesOf(bytes: string): Generator<Rune> {
  for (let at = 0; at < bytes.length; ) {
    const rune = runeAt(bytes, at);
    yield rune;
    at += rune.size;
  }
}

/** How many runes there are: what widths count. */
export function countRunes(bytes: string): number {
  return BeyondAscii.test(bytes) ? [...runesOf(bytes)].length : bytes.length;
}

/** At most `count` runes from the start. */
export function takeRunes(bytes: string, count: number): string {
  if (bytes.length <= count) return bytes;
  let at = 0;
  for (let taken = 0; taken < count && at < bytes.length; taken++) at += runeAt(bytes, at).size;
  return bytes.slice(0, at);
}

/** The bytes of one code point; U+FFFD where it is none. */
export function runeBytes(code: number): string {
  return bytesOf(String.fromCodePoint(isValidRune(code) ? code : runeError));
}

/** Is this a code point that text may hold? Halves of surrogate pairs are none. */
export function isValidRune(code: number): boolean {
  return (code >= 0 && code < 0xd800) || (code > 0xdfff && code <= 0x10ffff);
}

const BeyondAscii = /[\u0080-\uffff]/;
const bad: Rune = { code: runeError, size: 1 };

/** RFC 3629 section 3: first byte, its payload bits, and the least code that may be so long. */
const Shapes = [
  { low: 0xc2, high: 0xdf, size: 2, bits: 0x1f, least: 0x80 },
  { low: 0xe0, high: 0xef, size: 3, bits: 0x0f, least: 0x800 },
  { low: 0xf0, high: 0xf4, size: 4, bits: 0x07, least: 0x10000 },
] as const;
