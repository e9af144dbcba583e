import { isValidRune, runeAt, runeBytes } from "./bytes.ts";
import { quote } from "./quote.ts";

/** A number of a template: with a point or an exponent it is a float64, else an int. */
export type NumberLiteral =
  | { readonly kind: "integer"; readonly value: bigint }
  | { readonly kind: "float"; readonly value: number };

/** What a literal is worth, or why it is none. */
export type Parsed<T> = { readonly value: T } | { readonly refusal: string };

/** A string literal with its quotes → its bytes. */
export function parseString(text: string): Parsed<string> {
  // A raw string is what stands there, but for carriage returns: Go specification, String literals.
  if (text.startsWith("`")) return { value: text.slice(1, -1).replaceAll("\r", "") };
  let out = "";
  for (let at = 1; at < text.length - 1; ) {
    const part = parseCharacter(text, at, '"');
    if (part === undefined) return { refusal: "invalid syntax" };
    out += part.isByte ? String.fromCharCode(part.code) : runeBytes(part.code);
    at = part.end;
  }
  return { value: out };
}

/** A character literal with its quotes → its code point. */
export function parseChar(text: string): Parsed<NumberLiteral> {
  if (text === "''") return { refusal: "invalid syntax" };
  const part = parseCharacter(text, 1, "'");
  if (part === undefined) return { refusal: "invalid syntax" };
  if (part.end !== text.length - 1) return { refusal: `malformed character constant: ${text}` };
  return { value: { kind: "integer", value: BigInt(part.code) } };
}

/** A number as the lexer found it. */
export function parseNumber(text: string): Parsed<NumberLiteral> {
  const isHexInteger = /^0[xX].[^pP]*$/.test(text); // its `e` is a digit; but not after a sign
  const integer = parseInteger(text);
  if (!isHexInteger && /[.eEpP]/.test(text)) {
    const value = integer === undefined ? parseFloat64(text) : Number(integer);
    if (value === undefined) return { refusal: `illegal number syntax: ${quote(text)}` };
    return { value: { kind: "float", value } };
  }
  if (integer !== undefined && integer >= intMin && integer <= uintMax) {
    return { value: { kind: "integer", value: integer } };
  }
  const tooBig = integer !== undefined || parseFloat64(text) !== undefined;
  const why = tooBig ? "integer overflow" : "illegal number syntax";
  return { refusal: `${why}: ${quote(text)}` };
}

const intMin = -(2n ** 63n);
const uintMax = 2n ** 64n - 1n;

type Character = { readonly code: number; readonly end: number; readonly isByte: boolean };

const SingleEscapes: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  "\\": 0x5c,
};

function parseCharacter(text: string, at: number, around: string): Character | undefined {
  if (text[at] !== "\\") {
    const { code, size } = runeAt(text, at);
    // A stray byte stays itself.
    return size === 1
      ? { code: text.charCodeAt(at), end: at + 1, isByte: true }
      : { code, end: at + size, isByte: false };
  }
  const letter = text.charAt(at + 1);
  const single = letter === around ? around.charCodeAt(0) : SingleEscapes[letter];
  if (single !== undefined) return { code: single, end: at + 2, isByte: true };
  const found = NumericEscape.exec(text.slice(at, at + 10))?.[0];
  if (found === undefined) return undefined;
  const octal = /\d/.test(letter);
  const code = octal ? Number.parseInt(found.slice(1), 8) : Number.parseInt(found.slice(2), 16);
  const isByte = octal || letter === "x";
  if (isByte ? code > 255 : !isValidRune(code)) return undefined;
  return { code, end: at + found.length, isByte };
}

const NumericEscape = /^\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{3})/;

// Go specification, Integer literals: a leading 0 alone makes octal.
function parseInteger(text: string): bigint | undefined {
  const [, sign = "", prefix = "", digits = ""] = /^([+-]?)(0[xXbBoO]|0)?(.*)$/.exec(text) ?? [];
  if (prefix === "0" && digits === "") return 0n;
  if (!separatorsFit(prefix, digits)) return undefined;
  const plain = digits.replaceAll("_", "");
  const base = prefix === "0" ? "0o" : prefix.toLowerCase();
  if (!IntegerDigits[base]?.test(plain)) return undefined;
  const value = BigInt(base + plain);
  return sign === "-" ? -value : value;
}

const IntegerDigits: Readonly<Record<string, RegExp>> = {
  "": /^\d+$/,
  "0b": /^[01]+$/,
  "0o": /^[0-7]+$/,
  "0x": /^[\da-fA-F]+$/,
};

// `_` stands between digits, and once after a prefix.
function separatorsFit(prefix: string, digits: string): boolean {
  const start = prefix === "" ? "" : "0";
  return !/^_|__|_$/.test(start + digits);
}

function parseFloat64(text: string): number | undefined {
  if (/^[+-]?0[xX]/.test(text)) return parseHexFloat(text);
  if (/(?<!\d)_|_(?!\d)/.test(text)) return undefined;
  const plain = text.replaceAll("_", "");
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(plain)) return undefined;
  const value = Number(plain);
  return Number.isFinite(value) ? value : undefined;
}

function parseHexFloat(text: string): number | undefined {
  const found = /^([+-]?)0[xX]([\da-fA-F_]*)\.?([\da-fA-F_]*)[pP]([+-]?\d+)$/.exec(text);
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = found ?? [];
  if (whole + fraction === "" || !separatorsFit("0x", whole + fraction)) return undefined;
  const places = fraction.replaceAll("_", "").length;
  const mantissa = Number(BigInt(`0x${(whole + fraction).replaceAll("_", "")}`));
  const value = mantissa * 2 ** (Number(exponent) - 4 * places);
  if (!Number.isFinite(value)) return undefined;
  return sign === "-" ? -value : value;
}
