/**
 * DHCPv6 for booting, pure up to `server.ts` and `duid-store.ts`: it tells machines that come by IPv6
 * where their boot file is, and gives them an address if it is told to. It is no general address
 * server: no delegation, no reconfiguration, no dynamic DNS. Boot files are named by
 * `boot/next-stage` and nobody else. It follows RFC 8415, RFC 5970 (boot options), RFC 3646 (name
 * servers) and RFC 6939 (hardware address from a relay).
 */
import { WireError } from "../errors.ts";
import { ByteReader } from "../wire/reader.ts";
import type { ByteWriter } from "../wire/writer.ts";

/** Option numbers this server reads or writes (IANA "DHCPv6 Parameters"). */
export const OptionCode6 = {
  clientId: 1,
  serverId: 2,
  iaNa: 3,
  iaTa: 4,
  iaAddress: 5,
  optionRequest: 6,
  preference: 7,
  relayMessage: 9,
  statusCode: 13,
  rapidCommit: 14,
  userClass: 15,
  vendorClass: 16,
  interfaceId: 18,
  dnsServers: 23,
  iaPd: 25,
  bootFileUrl: 59,
  clientArch: 61,
  clientLinkLayer: 79,
} as const;

/** RFC 8415 §21.13. */
export const StatusCode = {
  success: 0,
  noAddrsAvail: 2,
  noBinding: 3,
  notOnLink: 4,
  noPrefixAvail: 6,
} as const;
export type StatusCode = (typeof StatusCode)[keyof typeof StatusCode];

/** One option; a code may come more than once, so that they are a list. */
export type Option6 = { readonly code: number; readonly value: Uint8Array };

/** Options of one message or of one option that holds others; more are refused. */
export const optionLimit = 64;

//  code u16 │ length u16 │ value
/** Reads options up to the end of the bytes; throws `WireError`. */
export function parseOptions6(bytes: Uint8Array): readonly Option6[] {
  const reader = new ByteReader(bytes);
  const options: Option6[] = [];
  while (reader.left > 0) {
    const code = reader.u16("option code");
    const value = reader.take(reader.u16(`option ${code} length`), `option ${code}`);
    options.push({ code, value });
    if (options.length > optionLimit) throw tooMany();
  }
  return options;
}

export function writeOptions6(writer: ByteWriter, options: readonly Option6[]): void {
  for (const { code, value } of options) writer.u16(code).u16(value.length).put(value);
}

/** The first option of this code. */
export function findOption(options: readonly Option6[], code: number): Uint8Array | undefined {
  return options.find((option) => option.code === code)?.value;
}

/** Values each behind a length of two bytes, as classes hold them; what does not fit ends the list. */
export function readStrings(value: Uint8Array): readonly Uint8Array[] {
  const found: Uint8Array[] = [];
  const reader = new ByteReader(value);
  while (reader.left >= 2) {
    const length = reader.u16("length");
    if (length > reader.left) break;
    found.push(reader.take(length, "class"));
  }
  return found;
}

function tooMany(): WireError {
  return new WireError("wire.too-long", `at most ${optionLimit} options are read`, {
    field: "options",
    want: optionLimit,
  });
}
