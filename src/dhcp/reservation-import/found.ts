/**
 * What another server's configuration says, sentence by sentence: reservations that can be taken over,
 * settings with the words for them here, and whatever is left out with the reason. Nothing is dropped
 * without a line. The readers here are pure and never throw for what a file holds.
 */
import type { Ipv4Address } from "../../wire/ipv4.ts";
import { type MacAddress, parseMac } from "../../wire/mac.ts";

/** The largest file that is read, in characters: some 200,000 reservations. */
export const importLimit = 16 << 20;

/** A machine of another server's configuration, known by one of the first three at least. */
export type FoundHost = {
  readonly mac?: MacAddress;
  /** Option 61, its type byte included, and option 82.1: hexadecimal digits. */
  readonly clientId?: string;
  readonly circuitId?: string;
  readonly address?: Ipv4Address;
  readonly hostname?: string;
};

/** Why a sentence, or a part of one, has no counterpart here. */
export type LeftReason = keyof typeof LeftReasons;

/** The reasons in words, as docs/dhcp.md has them too. */
export const LeftReasons = {
  "address-by-name": "the address is a name; give it as numbers",
  "boot-is-ours": "which boot file a machine gets is worked out here; nothing needs to be set",
  condition: "it holds only for machines with a tag or a class",
  identifier: "no reservation here knows a machine by that",
  "ignored-machine": "the machine is to get no answer; see dhcp.disabled",
  "lease-time": "one machine's own lease time; see dhcp.lease",
  "not-a-host-name": "the name is no single DNS label of letters, digits and hyphens",
  "not-ipv4": "IPv6 is not served",
  "not-ethernet": "the hardware address is not Ethernet's",
  "no-counterpart": "there is no such setting here",
  option: "no setting sends this DHCP option",
  "other-file": "it stands in another file; import that one too",
  "second-address": "a machine has one reserved address",
  "second-mac": "an address is kept for one hardware address",
  tag: "tags are not known here",
  unreadable: "it cannot be read",
  wildcard: "a hardware address with a wildcard names no machine",
} as const;

export type Found =
  | {
      readonly kind: "host";
      readonly line: number;
      readonly host: FoundHost;
      /** The parts of the sentence that are not taken. */
      readonly left: readonly Left[];
    }
  /** `setting` is the line to write into the configuration. */
  | { readonly kind: "setting"; readonly line: number; readonly text: string; setting: string }
  | ({ readonly kind: "left"; readonly line: number } & Left);

/** `text` is as the file has it, cut where it is long. */
export type Left = { readonly text: string; readonly reason: LeftReason };

/** The most that is shown of a sentence. */
const shownLimit = 80;

export function leftOut(text: string, reason: LeftReason): Left {
  const plain = text.replaceAll(/\s+/g, " ").trim();
  const isLong = plain.length > shownLimit;
  return { text: isLong ? `${plain.slice(0, shownLimit - 1)}…` : plain, reason };
}

/** The label of a host name, its domain cut off, or nothing where it is none (RFC 1123 §2.1). */
export function labelOf(text: string): string | undefined {
  const [first = ""] = text.toLowerCase().split(".");
  return isHostLabel(first) ? first : undefined;
}

/** One DNS label: letters, digits, hyphens inside (RFC 1123 §2.1). */
export function isHostLabel(text: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text);
}

/** A MAC address with any number of digits in a pair, as other servers allow it: `0:1b:2:3:4:5`. */
export function looseMac(text: string): MacAddress | undefined {
  const pairs = text.toLowerCase().split(/[:-]/);
  if (pairs.length !== 6 || !pairs.every((pair) => /^[0-9a-f]{1,2}$/.test(pair))) return undefined;
  return parseMac(pairs.map((pair) => pair.padStart(2, "0")).join(":"));
}

/** Bytes as `01:aa`, `0x01aa`, `'text'` or text → hexadecimal digits; nothing where there are none. */
export function hexOf(text: string): string | undefined {
  const pairs = text.toLowerCase().split(":");
  if (pairs.length > 1 && pairs.every((pair) => /^[0-9a-f]{1,2}$/.test(pair))) {
    return pairs.map((pair) => pair.padStart(2, "0")).join("");
  }
  const digits = /^0x((?:[0-9a-f]{2})+)$/i.exec(text)?.[1];
  if (digits !== undefined) return digits.toLowerCase();
  return Buffer.from(text.replace(/^'(.*)'$/s, "$1")).toString("hex") || undefined;
}

/** `10.0.0.9`, or nothing. */
export function isIpv4Text(text: string): boolean {
  return (
    /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) && text.split(".").every((one) => Number(one) < 256)
  );
}
