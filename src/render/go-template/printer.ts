import { CallError } from "./error.ts";
import {
  type Concrete,
  concrete,
  isMap,
  sortedEntries,
  type TemplateData,
  typeName,
} from "./value.ts";
import {
  type Flags,
  formatBool,
  formatInteger,
  formatReal,
  formatString,
  pad,
  plainFlags,
} from "./verb.ts";

/** How deep a list or map that is printed may nest. */
const depthMax = 500;

/** Collects the text of values; refuses to grow beyond its limit. */
export class Printer {
  readonly #bytesMax: number;
  #out = "";
  #depth = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get text(): string {
    return this.#out;
  }

  write(bytes: string): void {
    if (this.#out.length + bytes.length > this.#bytesMax) {
      throw new CallError(`text longer than ${this.#bytesMax} bytes`);
    }
    this.#out += bytes;
  }

  /** One argument of printf or print; none is nil. */
  print(value: Concrete | undefined, verb = "v", flags: Flags = plainFlags): void {
    if (value === undefined) {
      if (verb === "v" || verb === "T") this.write(pad("<nil>", flags));
      else this.write(`%!${verb}(<nil>)`);
    } else if (verb === "T") {
      this.write(formatString(typeName(value), "s", flags) ?? "");
    } else if (verb === "p") {
      this.#refuse(value, verb, flags); // no value has an address here
    } else {
      this.#value(value, verb, flags);
    }
  }

  #value(value: Concrete, verb: string, flags: Flags): void {
    if (value.kind === "list") this.#list(value.items, verb, flags);
    else if (isMap(value)) this.#map(value, verb, flags);
    else {
      const text = formatScalar(value, verb, flags);
      if (text === undefined) this.#refuse(value, verb, flags);
      else this.write(text);
    }
  }

  // What does not fit its verb shows its type and, with the same flags, its value.
  #refuse(value: Concrete, verb: string, flags: Flags): void {
    this.write(`%!${verb}(${typeName(value)}=`);
    this.#value(value, "v", flags);
    this.write(")");
  }

  #list(items: readonly TemplateData[], verb: string, flags: Flags): void {
    this.write(flags.goSyntax ? "[]interface {}{" : "[");
    this.#nested(() => {
      items.forEach((item, index) => {
        if (index > 0) this.write(flags.goSyntax ? ", " : " ");
        this.#element(item, verb, flags);
      });
    });
    this.write(flags.goSyntax ? "}" : "]");
  }

  #map(map: Parameters<typeof sortedEntries>[0], verb: string, flags: Flags): void {
    this.write(flags.goSyntax ? `${typeName(map)}{` : "map[");
    this.#nested(() => {
      sortedEntries(map).forEach(({ key, data }, index) => {
        if (index > 0) this.write(flags.goSyntax ? ", " : " ");
        this.#value({ kind: "string", value: key }, verb, flags);
        this.write(":");
        this.#element(data, verb, flags);
      });
    });
    this.write(flags.goSyntax ? "}" : "]");
  }

  #element(data: TemplateData, verb: string, flags: Flags): void {
    const value = concrete(data);
    if (value !== undefined) this.#value(value, verb, flags);
    else this.write(flags.goSyntax ? "interface {}(nil)" : "<nil>");
  }

  #nested(print: () => void): void {
    if (this.#depth === depthMax) throw new CallError(`value nested deeper than ${depthMax}`);
    this.#depth++;
    print();
    this.#depth--;
  }
}

type Scalar = Exclude<Concrete, { kind: "list" } | { entries: unknown }>;

function formatScalar(value: Scalar, verb: string, flags: Flags): string | undefined {
  switch (value.kind) {
    case "bool":
      return formatBool(value.value, verb, flags);
    case "string":
      return formatString(value.value, verb, flags);
    case "float64":
      return formatReal(value.value, verb, flags);
    case "int":
      return formatInteger(value.value, verb, flags);
    case "uint8": {
      const asHex = verb === "v" && flags.goSyntax;
      return formatInteger(
        value.value,
        asHex ? "x" : verb,
        asHex ? { ...flags, sharp: true } : flags,
      );
    }
  }
}
