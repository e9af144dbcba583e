/**
 * Configuration: one zod schema is the source of types, defaults, checks, `--help` and
 * docs/config.md. Nothing outside this folder reads a file, an environment variable or a flag of it;
 * parts get plain values and never import from here.
 */
import { z } from "zod";
import { type Ipv4Address, parseIpv4 } from "../wire/ipv4.ts";
import { parseIpv6 } from "../wire/ipv6.ts";
import { parseMac } from "../wire/mac.ts";
import { parseSubnet } from "../wire/subnet.ts";
import { parseUuid } from "../wire/uuid.ts";

/** How a value is written in the environment and in flags. */
export type ValueKind = "text" | "number" | "boolean" | "list" | "structure";

/** What docs, help and error messages say of one setting. */
export type LeafMeta = {
  readonly help: string;
  /** Completes "want …" in an error. */
  readonly want: string;
  readonly kind: ValueKind;
  /** Takes effect on reload; otherwise the daemon says that a restart is needed. */
  readonly live: boolean;
};

/** Inclusive on both ends. */
export type AddressRange = { readonly first: Ipv4Address; readonly last: Ipv4Address };

/** Turns a throwing parser of text into a schema whose issue carries the parser's words. */
function parsed<T>(parse: (text: string) => T) {
  return z.string().transform((text, context): T => {
    try {
      return parse(text);
    } catch (error) {
      context.addIssue({
        code: "custom",
        message: String(error instanceof Error ? error.message : error),
      });
      return z.NEVER;
    }
  });
}

export const ipv4Value = parsed(parseIpv4);
export const subnetValue = parsed(parseSubnet);
export const ipv6Value = parsed(parseIpv6);
export const macValue = parsed(parseMac);
export const uuidValue = parsed(parseUuid);
export const rangeValue = parsed(parseRange);
export const portValue = z.int().min(1).max(65_535);

/** `90`, `90s`, `5m`, `12h` or `2d` → seconds. */
export const durationValue = z.union([z.string(), z.int()]).transform((given, context): number => {
  const seconds = parseDuration(String(given));
  if (seconds !== undefined) return seconds;
  context.addIssue({
    code: "custom",
    message: `want a time such as 30s, 5m, 12h or 2d, got "${given}"`,
  });
  return z.NEVER;
});

/** `800`, `64K`, `512M` or `2G` → bytes. */
export const sizeValue = z.union([z.string(), z.int()]).transform((given, context): number => {
  const found = /^(\d{1,9})\s*([KMG]?)i?B?$/i.exec(String(given));
  const power = ["", "K", "M", "G"].indexOf(found?.[2]?.toUpperCase() ?? "?");
  if (found !== null && power >= 0) return Number(found[1]) * 1024 ** power;
  context.addIssue({ code: "custom", message: `want a size such as 64M or 2G, got "${given}"` });
  return z.NEVER;
});

// One DNS label: letters, digits, hyphen inside (RFC 1123 §2.1).
export const labelValue = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i)
  .transform((text) => text.toLowerCase());
export const domainValue = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i)
  .transform((text) => text.toLowerCase());

/** `10.0.0.10-10.0.0.20` → range; throws `WireError` or an error that says which end is wrong. */
function parseRange(text: string): AddressRange {
  const [first, last, ...rest] = text.split("-").map((part) => part.trim());
  if (first === undefined || last === undefined || rest.length > 0) {
    throw new RangeError(`want a range like 10.0.0.10-10.0.0.20, got "${text}"`);
  }
  const range = { first: parseIpv4(first), last: parseIpv4(last) };
  if (range.first > range.last) throw new RangeError(`the range "${text}" ends before it begins`);
  return range;
}

const UnitSeconds: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600, d: 86_400 };

function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})\s*([smhd]?)$/.exec(text);
  const unit = UnitSeconds[match?.[2] ?? "?"];
  if (match === null || unit === undefined) return undefined;
  const seconds = Number(match[1]) * unit;
  return seconds <= 0xffff_fffe ? seconds : undefined;
}
