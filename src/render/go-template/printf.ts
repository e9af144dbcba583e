import { runeAt } from "./bytes.ts";
import { Printer } from "./printer.ts";
import { type Concrete, typeName } from "./value.ts";
import { type Flags, plainFlags } from "./verb.ts";

/** An argument; none is nil. */
type Argument = Concrete | undefined;

/** Widths and precisions beyond are no numbers to Go either. */
const numberMax = 1_000_000;

/** Go's Sprintf: a directive that fits nothing says so in the text, it is never an error. */
export function printf(format: string, args: readonly Argument[], bytesMax: number): string {
  return new Directives(format, args, bytesMax).run();
}

/** Go's Sprint: a space between two operands of which neither is a string. */
export function print(args: readonly Argument[], bytesMax: number): string {
  const printer = new Printer(bytesMax);
  args.forEach((arg, index) => {
    const spaced = index > 0 && arg?.kind !== "string" && args[index - 1]?.kind !== "string";
    if (spaced) printer.write(" ");
    printer.print(arg);
  });
  return printer.text;
}

/** Go's Sprintln: a space between all operands, and a line feed. */
export function println(args: readonly Argument[], bytesMax: number): string {
  const printer = new Printer(bytesMax);
  args.forEach((arg, index) => {
    if (index > 0) printer.write(" ");
    printer.print(arg);
  });
  printer.write("\n");
  return printer.text;
}

/** The place in a format and in its arguments. */
class Directives {
  readonly #format: string;
  readonly #args: readonly Argument[];
  readonly #printer: Printer;
  #at = 0;
  #arg = 0;
  /** An index such as [2] was seen: the arguments left over may be meant. */
  #reordered = false;
  #indexIsGood = true;
  #afterIndex = false;

  constructor(format: string, args: readonly Argument[], bytesMax: number) {
    this.#format = format;
    this.#args = args;
    this.#printer = new Printer(bytesMax);
  }

  run(): string {
    while (this.#at < this.#format.length) {
      const found = this.#format.indexOf("%", this.#at);
      const end = found < 0 ? this.#format.length : found;
      this.#printer.write(this.#format.slice(this.#at, end));
      this.#at = end + 1;
      if (found >= 0) this.#directive();
    }
    if (!this.#reordered && this.#arg < this.#args.length) this.#extra();
    return this.#printer.text;
  }

  // Flags, then [index], width, .precision, [index], verb.
  #directive(): void {
    this.#indexIsGood = true;
    this.#afterIndex = false;
    const found = /[#0+\- ]*/y;
    found.lastIndex = this.#at;
    const marks = found.exec(this.#format)?.[0] ?? "";
    this.#at += marks.length;
    this.#index();
    const size = this.#width();
    const precision = this.#precision();
    if (!this.#afterIndex) this.#index();
    if (this.#at >= this.#format.length) {
      this.#printer.write("%!(NOVERB)");
      return;
    }
    const verb = this.#format.slice(this.#at, this.#at + runeAt(this.#format, this.#at).size);
    this.#at += verb.length;
    const flipped = size !== undefined && size < 0;
    const width = size === undefined ? undefined : Math.abs(size);
    this.#verb(verb, { ...flagsOf(flipped ? `${marks}-` : marks, verb), width, precision });
  }

  #verb(verb: string, flags: Flags): void {
    if (verb === "%") this.#printer.write("%");
    else if (!this.#indexIsGood) this.#printer.write(`%!${verb}(BADINDEX)`);
    else if (this.#arg >= this.#args.length) this.#printer.write(`%!${verb}(MISSING)`);
    else this.#printer.print(this.#args[this.#arg++], verb, flags);
  }

  #width(): number | undefined {
    if (this.#format[this.#at] !== "*") {
      const width = this.#number();
      if (this.#afterIndex && width !== undefined) this.#indexIsGood = false; // %[3]2d
      return width;
    }
    const width = this.#star();
    if (width === undefined) this.#printer.write("%!(BADWIDTH)");
    return width;
  }

  #precision(): number | undefined {
    // A point that ends the format is its verb.
    if (this.#format[this.#at] !== "." || this.#at + 1 >= this.#format.length) return undefined;
    this.#at++;
    if (this.#afterIndex) this.#indexIsGood = false; // %[3].2d
    this.#index();
    if (this.#format[this.#at] !== "*") return this.#number() ?? 0;
    const given = this.#star();
    const precision = given === undefined || given < 0 ? undefined : given;
    if (precision === undefined) this.#printer.write("%!(BADPREC)");
    return precision;
  }

  // A number that the next argument gives.
  #star(): number | undefined {
    this.#at++;
    this.#afterIndex = false;
    if (this.#arg >= this.#args.length) return undefined;
    const arg = this.#args[this.#arg++];
    if (arg?.kind !== "int" && arg?.kind !== "uint8") return undefined;
    const value = Number(arg.value);
    return Math.abs(value) > numberMax ? undefined : value;
  }

  // Digits; a number beyond all measure swallows the rest of the format, as it does in Go.
  #number(): number | undefined {
    const digits = /\d*/y;
    digits.lastIndex = this.#at;
    const text = digits.exec(this.#format)?.[0] ?? "";
    const tooLarge = Number(text.slice(0, -1)) > numberMax;
    this.#at = tooLarge ? this.#format.length : this.#at + text.length;
    return text === "" || tooLarge ? undefined : Number(text);
  }

  // [n] names the argument that comes next, from 1.
  #index(): void {
    this.#afterIndex = false;
    if (this.#format[this.#at] !== "[") return;
    this.#reordered = true;
    const close = this.#format.indexOf("]", this.#at + 1);
    const inside = close < 0 ? "" : this.#format.slice(this.#at + 1, close);
    const number = /^\d{1,7}$/.test(inside) ? Number(inside) : undefined;
    this.#at = close < 0 ? this.#at + 1 : close + 1;
    this.#afterIndex = number !== undefined;
    if (number !== undefined && number >= 1 && number <= this.#args.length) this.#arg = number - 1;
    else this.#indexIsGood = false;
  }

  #extra(): void {
    this.#printer.write("%!(EXTRA ");
    this.#args.slice(this.#arg).forEach((arg, index) => {
      if (index > 0) this.#printer.write(", ");
      if (arg !== undefined) this.#printer.write(`${typeName(arg)}=`);
      this.#printer.print(arg);
    });
    this.#printer.write(")");
  }
}

function flagsOf(marks: string, verb: string): Flags {
  const minus = marks.includes("-");
  const isValue = verb === "v";
  return {
    ...plainFlags,
    minus,
    zero: marks.includes("0") && !minus,
    space: marks.includes(" "),
    // %#v asks for Go's syntax and %+v for the names of fields, which no value here has.
    plus: marks.includes("+") && !isValue,
    sharp: marks.includes("#") && !isValue,
    goSyntax: marks.includes("#") && isValue,
  };
}
