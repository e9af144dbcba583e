import { isValidRune, runeAt, runeBytes, runeError, runesOf } from "./bytes.ts";

/** How Go writes a string literal: `ascii` escapes every letter beyond. */
export function quote(bytes: string, { ascii = false } = {}): string {
  let out = '"';
  for (let at = 0; at < bytes.length; ) {
    const { code, size } = runeAt(bytes, at);
    const broken = code === runeError && size === 1;
    out += broken ? `\\x${hex(bytes.charCodeAt(at), 2)}` : escaped(code, '"', ascii);
    at += size;
  }
  return `${out}"`;
}

/** How Go writes a character literal. */
export function quoteRune(code: number, { ascii = false } = {}): string {
  return `'${escaped(isValidRune(code) ? code : runeError, "'", ascii)}'`;
}

/** Can the string stand between back ticks as it is? */
export function canBackquote(bytes: string): boolean {
  for (const { code, size } of runesOf(bytes)) {
    if (size > 1 ? code === 0xfeff : code === runeError) return false;
    if (size === 1 && ((code < 0x20 && code !== 9) || code === 0x60 || code === 0x7f)) return false;
  }
  return true;
}

/** Does Go show this code point as itself? Of the spaces only the ASCII one. */
export function isPrintable(code: number): boolean {
  if (code < 0x7f) return code >= 0x20;
  return isValidRune(code) && Graphic.test(String.fromCodePoint(code));
}

/** A code point in error texts: `U+003D '='`. */
export function nameRune(code: number): string {
  const shown = isPrintable(code) ? ` '${runeBytes(code)}'` : "";
  return `U+${hex(code, 4).toUpperCase()}${shown}`;
}

const Graphic = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u;

const Escapes: Readonly<Record<number, string>> = {
  7: "\\a",
  8: "\\b",
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
};

function escaped(code: number, around: string, ascii: boolean): string {
  if (code === around.charCodeAt(0) || code === 0x5c) return `\\${String.fromCharCode(code)}`;
  if (isPrintable(code) && (code < 0x80 || !ascii)) return runeBytes(code);
  const short = Escapes[code];
  if (short !== undefined) return short;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
