import { type OptionRow, optionRow, ServerOptions } from "./option-table.ts";
import { type OptionValue, readOptionValue } from "./option-values.ts";
import { OptionCode } from "./options.ts";

/** What one place of the configuration says of one option. */
export type OptionRule =
  | { readonly kind: "value"; readonly bytes: Uint8Array; readonly always: boolean }
  /** Not sent, whatever a place of less weight says. */
  | { readonly kind: "none" };

/** The options of one place: the server, a subnet, a class or a reservation. */
export type OptionLayer = ReadonlyMap<number, OptionRule>;

/** Name, number, `43.N` or `125.ENTERPRISE.N` → value, `none`, or `{ always: value }`. */
export type OptionTexts = Readonly<Record<string, OptionValue | { readonly always: OptionValue }>>;

/** Reads one place; throws a `RangeError` that names the option, what was wanted and what came. */
export function readOptionLayer(texts: OptionTexts): OptionLayer {
  const layer = new Map<number, OptionRule>();
  const parts: SubOption[] = [];
  for (const [key, given] of Object.entries(texts)) {
    const always = typeof given === "object" && "always" in given;
    const value = always ? given.always : given;
    try {
      const target = readKey(key);
      if (target.path.length > 0) {
        parts.push({ ...target, value: readOptionValue(value, undefined), always });
        continue;
      }
      if (layer.has(target.code)) throw new RangeError("it is given twice; keep one");
      const bytes = value === "none" ? undefined : readOptionValue(value, target.row?.type);
      checkLength(bytes, target.row);
      layer.set(target.code, bytes ? { kind: "value", bytes, always } : { kind: "none" });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new RangeError(`option ${key}: ${why}`, { cause: error });
    }
  }
  for (const code of new Set(parts.map((part) => part.code))) {
    if (layer.has(code)) throw new RangeError(`option ${code}: give it whole or by its parts`);
    const own = parts.filter((part) => part.code === code);
    const bytes =
      code === OptionCode.vendorSpecific ? encapsulate(own, 0) : formatVendorSpaces(own);
    layer.set(code, { kind: "value", bytes, always: own.some((part) => part.always) });
  }
  return layer;
}

type Target = {
  readonly code: number;
  readonly row: OptionRow | undefined;
  /** What follows the option's own number in `43.1` and `125.42623.1`. */
  readonly path: readonly number[];
};

type SubOption = Pick<Target, "code" | "path"> & {
  readonly value: Uint8Array;
  readonly always: boolean;
};

function readKey(key: string): Target {
  const [head = "", ...rest] = key.split(".");
  const code = /^\d{1,3}$/.test(head) ? Number(head) : optionRow(head)?.code;
  if (code === undefined) throw new RangeError("there is no option of that name; give its number");
  const reason = ServerOptions.get(code);
  if (reason !== undefined) throw new RangeError(`it is not to be set: ${reason}`);
  if (code > 255) throw new RangeError(`want a number from 1 to 254, got ${code}`);
  const path = rest.map(Number);
  const depth = { 43: 1, 125: 2 }[code] ?? 0;
  const last = path.at(-1) ?? 1;
  const sound = path.length === 0 || (path.length === depth && last > 0 && last < 255);
  if (sound && path.every((part) => Number.isInteger(part) && part >= 0 && part <= 0xffff_ffff)) {
    return { code, row: optionRow(code), path };
  }
  throw new RangeError("want 43.N or 125.ENTERPRISE.N, N from 1 to 254");
}

function checkLength(bytes: Uint8Array | undefined, row: OptionRow | undefined): void {
  if (bytes === undefined || row?.max === undefined || bytes.length <= row.max) return;
  throw new RangeError(`want at most ${row.max} bytes, got ${bytes.length}`);
}

function encapsulate(parts: readonly SubOption[], depth: number): Uint8Array {
  return Buffer.concat(
    parts.map(({ path, value }) => {
      if (value.length > 255) {
        throw new RangeError(`sub-option ${path.join(".")}: want at most 255 bytes`);
      }
      return Buffer.concat([Buffer.of(path[depth] ?? 0, value.length), value]);
    }),
  );
}

// RFC 3925 §4: enterprise number, length, and the vendor's own sub-options.
function formatVendorSpaces(parts: readonly SubOption[]): Uint8Array {
  const enterprises = [...new Set(parts.map(({ path }) => path[0] ?? 0))];
  const spaces = enterprises.map((enterprise) => {
    const data = encapsulate(
      parts.filter(({ path }) => path[0] === enterprise),
      1,
    );
    if (data.length > 255) throw new RangeError(`option 125.${enterprise}: want at most 255 bytes`);
    const head = Buffer.alloc(5);
    head.writeUInt32BE(enterprise);
    head.writeUInt8(data.length, 4);
    return Buffer.concat([head, data]);
  });
  return Buffer.concat(spaces);
}

/** The rule that counts: that of the first layer, the weightiest, that speaks of the option. */
export function ruleOf(code: number, layers: readonly OptionLayer[]): OptionRule | undefined {
  for (const layer of layers) {
    const rule = layer.get(code);
    if (rule !== undefined) return rule;
  }
  return undefined;
}
