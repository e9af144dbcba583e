import { assertNever } from "../../errors.ts";
import { parseDnsmasq } from "./dnsmasq.ts";
import type { Found } from "./found.ts";
import { parseIscConfig } from "./isc.ts";
import { blankComments, parseKea } from "./kea.ts";

/** Whose configuration can be read. */
export const importFormats = ["dnsmasq", "isc", "kea"] as const;
export type ImportFormat = (typeof importFormats)[number];

/** Reads a configuration of this format; what it does not understand is a line of its own. */
export function parseImport(text: string, format: ImportFormat): readonly Found[] {
  switch (format) {
    case "dnsmasq":
      return parseDnsmasq(text);
    case "isc":
      return parseIscConfig(text);
    case "kea":
      return parseKea(text);
    default:
      return assertNever(format);
  }
}

/** Kea's begins with a brace, dhcpd's has sentences that end in `;` or `{`; the rest is dnsmasq's. */
export function guessFormat(text: string): ImportFormat {
  if (/^\s*\{/.test(blankComments(text))) return "kea";
  const lines = text.split("\n").filter((line) => !/^\s*(?:#|$)/.test(line));
  const isIsc = lines.filter((line) => /[;{}]\s*(?:#.*)?$/.test(line)).length;
  return isIsc * 2 > lines.length ? "isc" : "dnsmasq";
}
