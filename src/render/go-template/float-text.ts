/**
 * A float64 as Go writes it with %v: the shortest digits that read back the same, and an exponent
 * of at least two digits when that is below -4 or above 5. Scripts in the field compare this text:
 * 1000000 is `1e+06`.
 */
export function formatFloat(value: number): string {
  return formatFloatAs(value, { verb: "g" });
}

/** How to write: one of Go's verbs; without a precision, as many digits as it takes. */
export type FloatFormat = {
  readonly verb: "e" | "E" | "f" | "F" | "g" | "G" | "b" | "x" | "X";
  readonly precision?: number;
};

/** A finite float64 in any of Go's forms. */
export function formatFloatAs(value: number, { verb, precision }: FloatFormat): string {
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const size = Math.abs(value);
  switch (verb) {
    case "b":
      return sign + formatBinary(size);
    case "x":
      return sign + formatHex(size, precision);
    case "f":
    case "F":
      return sign + formatFixed(digitsOf(size, precision, "after-point"), precision);
    case "e":
      return sign + formatExponent(digitsOf(size, precision, "after-first"), precision);
    case "g":
      return sign + formatGeneral(size, precision);
    default: {
      const lower = verb.toLowerCase() as "e" | "g" | "x"; // the three upper-case verbs left
      return formatFloatAs(value, precisely(lower, precision)).toUpperCase();
    }
  }
}

/** 0.DIGITS times ten to the power of `point`; no zeros at the end, none at all for zero. */
type Decimal = { readonly digits: string; readonly point: number };
type Counting = "after-point" | "after-first" | "all";

function precisely(verb: FloatFormat["verb"], precision: number | undefined): FloatFormat {
  return precision === undefined ? { verb } : { verb, precision };
}

function digitsOf(size: number, precision: number | undefined, counting: Counting): Decimal {
  if (size === 0) return { digits: "", point: 0 };
  if (precision === undefined) return shortest(size);
  const exact = exactDecimal(size);
  const places = { "after-point": exact.point, "after-first": 1, all: 0 }[counting];
  return round(exact, precision + places);
}

function shortest(size: number): Decimal {
  const [digits = "", power = "0"] = size.toExponential().split("e");
  return { digits: digits.replace(".", ""), point: Number(power) + 1 };
}

// Every float64 is an integer over a power of two: m/2^k = m*5^k / 10^k, exactly.
function exactDecimal(size: number): Decimal {
  const { mantissa, exponent } = partsOf(size);
  const scaled = exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent);
  const digits = scaled.toString();
  return { digits, point: digits.length + Math.min(exponent, 0) };
}

// Half to even: 1.25 is 1.2 with one place, where JavaScript's toFixed says 1.3.
function round({ digits, point }: Decimal, count: number): Decimal {
  if (count >= digits.length) return trimmed(digits, point);
  if (count < 0) return { digits: "", point: 0 };
  const kept = digits.slice(0, count);
  const rest = digits.slice(count);
  const half = rest.charAt(0) === "5" && /^50*$/.test(rest);
  const odd = Number(kept.slice(-1)) % 2 === 1;
  const up = half ? odd : rest.charAt(0) >= "5";
  if (!up) return trimmed(kept, point);
  const raised = (BigInt(kept || "0") + 1n).toString();
  return trimmed(raised, point + (raised.length > kept.length ? 1 : 0));
}

function trimmed(digits: string, point: number): Decimal {
  const kept = digits.replace(/0+$/, "");
  return { digits: kept, point: kept === "" ? 0 : point };
}

function formatExponent({ digits, point }: Decimal, precision: number | undefined): string {
  const places = precision ?? Math.max(digits.length - 1, 0);
  const fraction = digits.slice(1).padEnd(places, "0");
  const power = digits === "" ? 0 : point - 1;
  return `${digits.charAt(0) || "0"}${fraction && `.${fraction}`}e${formatPower(power)}`;
}

function formatFixed({ digits, point }: Decimal, precision: number | undefined): string {
  const places = precision ?? Math.max(digits.length - point, 0);
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, "0") : "0";
  const fraction = "0".repeat(Math.max(0, -point)) + digits.slice(Math.max(0, point));
  return places === 0 ? whole : `${whole}.${fraction.slice(0, places).padEnd(places, "0")}`;
}

function formatGeneral(size: number, precision: number | undefined): string {
  const wanted = precision === 0 ? 1 : precision;
  const decimal = digitsOf(size, wanted, "all");
  const { digits, point } = decimal;
  let limit = wanted ?? 6;
  if (wanted !== undefined && limit > digits.length && digits.length >= point) {
    limit = digits.length;
  }
  const power = point - 1;
  const small = power < -4 || power >= limit;
  return small ? formatExponent(decimal, undefined) : formatFixed(decimal, undefined);
}

function formatPower(power: number): string {
  return `${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

function formatBinary(size: number): string {
  const { mantissa, exponent } = partsOf(size);
  return `${mantissa}p${exponent < 0 ? "-" : "+"}${Math.abs(exponent)}`;
}

// One bit before the point, then the other 52 as 13 hexadecimal digits.
function formatHex(size: number, precision: number | undefined): string {
  let { mantissa, exponent } = partsOf(size);
  if (size === 0) exponent = -52;
  while (size !== 0 && mantissa < 1n << 52n) {
    mantissa <<= 1n;
    exponent--;
  }
  if (precision !== undefined && precision < 13) {
    const drop = BigInt(4 * (13 - precision));
    const half = 1n << (drop - 1n);
    const rest = mantissa & ((1n << drop) - 1n);
    const odd = (mantissa >> drop) & 1n;
    if (rest > half || (rest === half && odd === 1n)) mantissa += 1n << drop;
    mantissa = (mantissa >> drop) << drop;
    if (mantissa >> 53n) {
      mantissa >>= 1n;
      exponent++;
    }
  }
  const all = (mantissa & ((1n << 52n) - 1n)).toString(16).padStart(13, "0");
  const fraction =
    precision === undefined
      ? all.replace(/0+$/, "")
      : all.slice(0, precision).padEnd(precision, "0");
  return `0x${mantissa >> 52n}${fraction && `.${fraction}`}p${formatPower(exponent + 52)}`;
}

// IEEE 754 binary64: 1 bit of sign, 11 of exponent, 52 of fraction.
function partsOf(size: number): { readonly mantissa: bigint; readonly exponent: number } {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, size);
  const raw = bits.getBigUint64(0);
  const fraction = raw & ((1n << 52n) - 1n);
  const biased = Number((raw >> 52n) & 0x7ffn);
  return biased === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | (1n << 52n), exponent: biased - 1075 };
}
