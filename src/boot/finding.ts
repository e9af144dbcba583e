import type { MacAddress } from "../wire/mac.ts";

/**
 * Something about the network, a machine or this host that an operator should know before it costs a
 * boot: one plain sentence and its cure. Protocols raise and clear findings; boards, `/readyz?verbose`
 * and the commands show those that hold.
 */
export type Finding = {
  /** From the table in docs/findings.md; stable, for programs. */
  readonly code: FindingCode;
  readonly severity: "info" | "warning" | "error";
  /** What is so, in one sentence without a full stop. */
  readonly sentence: string;
  /** What to do about it. */
  readonly cure: string;
  /** What it is about: a device, a machine, an address, a file. One finding a code and subject. */
  readonly subject?: string;
  readonly mac?: MacAddress;
};

/** Every finding there can be; a row of docs/findings.md each. */
export const FindingCodes = [
  "boot.loop",
  "dhcp.address-conflict",
  "dhcp.foreign-boot-file",
  "dhcp.foreign-no-dns",
  "dhcp.foreign-no-router",
  "dhcp.foreign-option-60",
  "dhcp.foreign-proxy",
  "dhcp.foreign-server",
  "dhcp.foreign-server-gone",
  "dhcp.foreign-servers",
  "dhcp.hold",
  "dhcp.name-refused",
  "dhcp.name-taken",
  "dhcp.pool-exhausted",
  "dhcp.pool-low",
  "dhcp.proxy-ignored",
  "dhcp.short-lease",
  "dns.name-taken",
  "dns.upstream-is-us",
  "firmware.quirk",
  "image.follow-failed",
  "image.newer",
  "store.unusable",
] as const;
export type FindingCode = (typeof FindingCodes)[number];

/** What makes two findings the same one. */
export function findingKey({ code, subject }: Pick<Finding, "code" | "subject">): string {
  return subject === undefined ? code : `${code} ${subject}`;
}

/** Where findings go; raising what already holds replaces its text and is told once. */
export type FindingSink = {
  raise(finding: Finding): void;
  clear(finding: Pick<Finding, "code" | "subject">): void;
};
