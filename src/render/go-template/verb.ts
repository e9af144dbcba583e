import { countRunes, runeBytes, runeError, takeRunes } from "./bytes.ts";
import { type FloatFormat, formatFloatAs } from "./float-text.ts";
import { canBackquote, isPrintable, quote, quoteRune } from "./quote.ts";

/** What stands between the % and the verb. `goSyntax` and `fieldNames` are `%#v` and `%+v`. */
export type Flags = {
  readonly plus: boolean;
  readonly minus: boolean;
  readonly sharp: boolean;
  readonly space: boolean;
  readonly zero: boolean;
  readonly goSyntax: boolean;
  readonly width: number | undefined;
  readonly precision: number | undefined;
};

/** No flags: what print uses. */
export const plainFlags: Flags = {
  plus: false,
  minus: false,
  sharp: false,
  space: false,
  zero: false,
  goSyntax: false,
  width: undefined,
  precision: undefined,
};

/** Text filled up to the width, on the left unless `-` is given. */
export function pad(bytes: string, { width, minus, zero }: Flags): string {
  const missing = (width ?? 0) - countRunes(bytes);
  if (missing <= 0) return bytes;
  return minus ? bytes + " ".repeat(missing) : (zero ? "0" : " ").repeat(missing) + bytes;
}

/** A bool with its verb; nothing where the verb is not for bools. */
export function formatBool(value: boolean, verb: string, flags: Flags): string | undefined {
  return verb === "t" || verb === "v" ? pad(String(value), flags) : undefined;
}

/** A string with its verb; nothing where the verb is not for strings. */
export function formatString(bytes: string, verb: string, flags: Flags): string | undefined {
  const { precision } = flags;
  switch (verb) {
    case "v":
      if (flags.goSyntax) return formatQuoted(bytes, flags);
      return pad(precision === undefined ? bytes : takeRunes(bytes, precision), flags);
    case "s":
      return pad(precision === undefined ? bytes : takeRunes(bytes, precision), flags);
    case "q":
      return formatQuoted(bytes, flags);
    case "x":
    case "X":
      return formatHexDump(bytes, verb, flags);
    default:
      return undefined;
  }
}

/** An integer with its verb; nothing where the verb is not for integers. */
export function formatInteger(value: bigint, verb: string, flags: Flags): string | undefined {
  const base = Bases[verb];
  if (base !== undefined) return formatDigits(value, { base, verb }, flags);
  const code = value < 0n || value > 0x10ffffn ? runeError : Number(value);
  switch (verb) {
    case "c":
      return pad(runeBytes(code), flags);
    case "q":
      return pad(quoteRune(code, { ascii: flags.plus }), flags);
    case "U":
      return formatUnicode(value, flags);
    default:
      return undefined;
  }
}

/** A float64 with its verb; nothing where the verb is not for floats. */
export function formatReal(value: number, verb: string, flags: Flags): string | undefined {
  const row = FloatVerbs[verb];
  if (row === undefined) return undefined;
  const precision = flags.precision ?? row.precision;
  const format = precision === undefined ? { verb: row.verb } : { verb: row.verb, precision };
  const text = formatFloatAs(value, format);
  const [sign, digits] = text.startsWith("-") ? ["-", text.slice(1)] : ["+", text];
  const whole = flags.sharp && verb !== "b" ? withPoint(digits, verb, precision) : digits;
  const shown = sign === "+" && !flags.plus ? (flags.space ? " " : "") : sign;
  if (shown !== "" && flags.zero && !flags.minus) {
    return shown + whole.padStart((flags.width ?? 0) - 1, "0"); // the sign before the zeros
  }
  return pad(shown + whole, flags);
}

const Bases: Readonly<Record<string, 2 | 8 | 10 | 16>> = {
  v: 10,
  d: 10,
  b: 2,
  o: 8,
  O: 8,
  x: 16,
  X: 16,
};

const FloatVerbs: Readonly<Record<string, FloatFormat>> = {
  v: { verb: "g" },
  g: { verb: "g" },
  G: { verb: "G" },
  b: { verb: "b" },
  x: { verb: "x" },
  X: { verb: "X" },
  e: { verb: "e", precision: 6 },
  E: { verb: "E", precision: 6 },
  f: { verb: "f", precision: 6 },
  F: { verb: "F", precision: 6 },
};

function formatQuoted(bytes: string, flags: Flags): string {
  const cut = flags.precision === undefined ? bytes : takeRunes(bytes, flags.precision);
  const raw = flags.sharp && canBackquote(cut);
  return pad(raw ? `\`${cut}\`` : quote(cut, { ascii: flags.plus }), flags);
}

// Two digits a byte; with a space between them, each has its own 0x.
function formatHexDump(bytes: string, verb: "x" | "X", flags: Flags): string {
  const cut = bytes.slice(0, flags.precision ?? bytes.length);
  const hex = [...cut].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, "0"));
  const prefix = flags.sharp ? "0x" : "";
  const joined = flags.space ? hex.map((pair) => prefix + pair).join(" ") : prefix + hex.join("");
  const text = cut === "" ? "" : joined;
  return pad(verb === "X" ? text.toUpperCase() : text, flags);
}

type IntegerForm = { readonly base: 2 | 8 | 10 | 16; readonly verb: string };

// A precision, or a width with the flag 0, asks for leading zeros; the precision wins.
function formatDigits(value: bigint, { base, verb }: IntegerForm, flags: Flags): string {
  const spaced = { ...flags, zero: false };
  if (flags.precision === 0 && value === 0n) return pad("", spaced);
  const sign = value < 0n ? "-" : flags.plus ? "+" : flags.space ? " " : "";
  const filled = flags.zero && !flags.minus ? (flags.width ?? 0) - sign.length : 0;
  const digits = (value < 0n ? -value : value)
    .toString(base)
    .padStart(flags.precision ?? filled, "0");
  const text = sign + integerPrefix(digits, { base, verb }, flags) + digits;
  return pad(verb === "X" ? text.toUpperCase() : text, spaced);
}

function integerPrefix(digits: string, { base, verb }: IntegerForm, { sharp }: Flags): string {
  if (verb === "O") return `0o${sharp && !digits.startsWith("0") ? "0" : ""}`;
  if (!sharp || base === 10) return "";
  if (base === 8) return digits.startsWith("0") ? "" : "0";
  return base === 2 ? "0b" : "0x";
}

function formatUnicode(value: bigint, flags: Flags): string {
  // A negative number shows as the 64 bits it is stored in.
  const bits = BigInt.asUintN(64, value);
  const hex = bits
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(4, flags.precision ?? 0), "0");
  const code = bits > 0x10ffffn ? runeError : Number(bits);
  const shown = flags.sharp && bits <= 0x10ffffn && isPrintable(code);
  return pad(`U+${hex}${shown ? ` '${runeBytes(code)}'` : ""}`, { ...flags, zero: false });
}

// The flag # keeps the point, and for %g the zeros up to the precision.
function withPoint(text: string, verb: string, precision: number | undefined): string {
  const isHex = verb === "x" || verb === "X";
  const tailAt = text.search(isHex ? /[pP]/ : /[eEpP]/);
  const head = tailAt < 0 ? text : text.slice(0, tailAt);
  const tail = tailAt < 0 ? "" : text.slice(tailAt);
  const counted = verb === "v" || verb === "g" || verb === "G" || verb === "x";
  const wanted = counted ? (precision ?? 6) : 0;
  const significant = head.replace(".", "").replace(/^0+/, ""); // Go counts the x of 0x too
  const zeroCounts = !head.includes(".") && head === "0" ? 1 : 0;
  const missing = Math.max(0, wanted - significant.length - zeroCounts);
  const point = head.includes(".") ? "" : ".";
  return head + point + "0".repeat(missing) + tail;
}
