import { parseIpv4 } from "../wire/ipv4.ts";
import { formatRoutes, parseRoute } from "./classless-route.ts";
import { formatDomainNames } from "./domain-names.ts";
import type { OptionType } from "./option-table.ts";
import { addressBytes } from "./reply.ts";

/** A value as YAML gives it. */
export type OptionValue = string | number | boolean | readonly (string | number | boolean)[];

/** Longer than this no reply could carry; RFC 3396 would allow any length. */
const maxValueBytes = 1024;

/** `hex:`, `text:`, `ip:`, `u8:`, `u16:`, `u32:` before a value say its type whatever the option. */
const Prefixes: ReadonlyMap<string, OptionType> = new Map([
  ["hex", "bytes"],
  ["text", "text"],
  ["ip", "addresses"],
  ["u8", "u8"],
  ["u16", "u16"],
  ["u32", "u32"],
]);

/** The bytes of an operator's value; throws with want and got. `type` is absent where no table has one. */
export function readOptionValue(value: OptionValue, type: OptionType | undefined): Uint8Array {
  const prefixed = typeof value === "string" ? splitPrefix(value) : undefined;
  const kind = prefixed?.type ?? type;
  if (kind === undefined) {
    throw new RangeError(`say its type before it (hex: text: ip: u8: u16: u32:), got "${value}"`);
  }
  const given = prefixed?.rest ?? value;
  const items = (Array.isArray(given) ? given : splitText(String(given), kind)).map(String);
  const bytes = Readers[kind](items);
  if (bytes.length <= maxValueBytes) return bytes;
  throw new RangeError(`want at most ${maxValueBytes} bytes, got ${bytes.length}`);
}

function splitPrefix(value: string): { type: OptionType; rest: string } | undefined {
  const [, word = "", rest = ""] = /^(\w+):(.*)$/s.exec(value) ?? [];
  const type = Prefixes.get(word);
  return type && { type, rest };
}

// One line may hold a list: `10.0.0.1, 10.0.0.2`. Text is never split.
function splitText(text: string, type: OptionType): readonly string[] {
  if (type === "text" || type === "bytes") return [text];
  return text.split(",").map((item) => item.trim());
}

type Reader = (items: readonly string[]) => Uint8Array;

const Readers: Readonly<Record<OptionType, Reader>> = {
  address: (items) => addressBytes(parseIpv4(only(items))),
  addresses: (items) => addressBytes(...items.map(parseIpv4)),
  "address-pairs": (items) => {
    const pairs = items.map((item) => item.split(/\s+via\s+/));
    const odd = pairs.findIndex((pair) => pair.length !== 2);
    if (odd < 0) return addressBytes(...pairs.flat().map(parseIpv4));
    throw new RangeError(`want a host route like "10.0.0.5 via 10.0.0.1", got "${items[odd]}"`);
  },
  u8: whole(1, 0, 0xff),
  u16: whole(2, 0, 0xffff),
  u32: whole(4, 0, 0xffff_ffff),
  i32: whole(4, -0x8000_0000, 0x7fff_ffff),
  flag: (items) => {
    const word = only(items);
    if (word !== "true" && word !== "false")
      throw new RangeError(`want true or false, got ${word}`);
    return Buffer.of(Number(word === "true"));
  },
  text: (items) => Buffer.from(items.join(","), "utf8"),
  domains: formatDomainNames,
  routes: (items) => formatRoutes(items.map(parseRoute)),
  bytes: (items) => parseHex(only(items)),
};

function whole(width: number, least: number, most: number): Reader {
  return (items) =>
    Buffer.concat(
      items.map((item) => {
        const number = /^-?(\d+|0x[0-9a-f]+)$/i.test(item) ? Number(item) : Number.NaN;
        if (!(number >= least && number <= most)) {
          throw new RangeError(`want a whole number from ${least} to ${most}, got "${item}"`);
        }
        const bytes = Buffer.alloc(width);
        if (least < 0) bytes.writeIntBE(number, 0, width);
        else bytes.writeUIntBE(number, 0, width);
        return bytes;
      }),
    );
}

function only(items: readonly string[]): string {
  const [first] = items;
  if (first !== undefined && items.length === 1) return first;
  throw new RangeError(`want one value, got ${items.length}`);
}

/** Pairs of hexadecimal digits, with or without colons, blanks or a `hex:` before them. */
export function parseHex(text: string): Uint8Array {
  const digits = text.replace(/^hex:/, "").replaceAll(/[\s:-]/g, "");
  if (/^([0-9a-f]{2})*$/i.test(digits)) return Buffer.from(digits, "hex");
  throw new RangeError(`want pairs of hexadecimal digits like 0a:1b, got "${text}"`);
}
