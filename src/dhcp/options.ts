/**
 * DHCP, pure up to the files `lease-store.ts` and `server.ts`: a whole address server, and a
 * proxyDHCP server beside somebody else's. It says who may use which address and where a machine
 * finds its boot file; it never decides what a machine boots (`boot/decide`), never names a file
 * itself (`boot/next-stage`), and never speaks on an interface it was not given. It follows RFC
 * 2131 and 2132, RFC 3396 (long options), RFC 3046, 3527 and 5107 (relays), RFC 4578 and PXE 2.1
 * (network boot), RFC 6842 (client identifier echo).
 */
import { WireError } from "../errors.ts";
import { ByteReader } from "../wire/reader.ts";
import type { ByteWriter } from "../wire/writer.ts";

/** Option numbers this server reads or writes (IANA "BOOTP Vendor Extensions and DHCP Options"). */
export const OptionCode = {
  pad: 0,
  subnetMask: 1,
  router: 3,
  dnsServers: 6,
  hostName: 12,
  domainName: 15,
  broadcastAddress: 28,
  staticRoutes: 33,
  vendorSpecific: 43,
  requestedAddress: 50,
  leaseTime: 51,
  overload: 52,
  messageType: 53,
  serverId: 54,
  parameterList: 55,
  message: 56,
  maxMessageSize: 57,
  renewalTime: 58,
  rebindingTime: 59,
  vendorClass: 60,
  clientId: 61,
  tftpServer: 66,
  bootFile: 67,
  userClass: 77,
  rapidCommit: 80,
  fqdn: 81,
  relayAgent: 82,
  clientArch: 93,
  clientUuid: 97,
  subnetSelection: 118,
  classlessRoutes: 121,
  ipxe: 175,
  microsoftRoutes: 249,
  end: 255,
} as const;

/** Option 53. */
export const MessageType = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** Option number → value, whole after RFC 3396; the order is the order on the wire. */
export type DhcpOptions = ReadonlyMap<number, Uint8Array>;

// Bits of option 52: which BOOTP fields hold options too (RFC 2132 §9.3).
const Overload = { file: 1, sname: 2 } as const;

/**
 * Reads the options field, then `file` and `sname` where option 52 says that they hold options, and
 * joins what came in pieces: the order of RFC 3396 §5. `overload` is the value of option 52.
 */
export function parseOptions(
  options: Uint8Array,
  file: Uint8Array,
  sname: Uint8Array,
): { readonly options: DhcpOptions; readonly overload: number } {
  const pieces = new Map<number, Uint8Array[]>();
  collect(options, pieces);
  const overload = overloadOf(pieces.get(OptionCode.overload));
  if (overload & Overload.file) collect(file, pieces);
  if (overload & Overload.sname) collect(sname, pieces);
  pieces.delete(OptionCode.overload);
  const joined = [...pieces].map(([code, parts]) => [code, joinPieces(parts)] as const);
  return { options: new Map(joined), overload };
}

/** True when `overload` says that the BOOTP field holds options instead of text. */
export function isOverloaded(overload: number, field: keyof typeof Overload): boolean {
  return (overload & Overload[field]) !== 0;
}

// A missing end option is tolerated: old ROMs forget it and mean the end of the packet.
function collect(area: Uint8Array, pieces: Map<number, Uint8Array[]>): void {
  const reader = new ByteReader(area);
  while (reader.left > 0) {
    const code = reader.u8("option code");
    if (code === OptionCode.end) return;
    if (code === OptionCode.pad) continue;
    const value = reader.take(reader.u8(`option ${code} length`), `option ${code}`);
    const known = pieces.get(code);
    if (known === undefined) pieces.set(code, [value]);
    else known.push(value);
  }
}

function overloadOf(parts: readonly Uint8Array[] | undefined): number {
  if (parts === undefined) return 0;
  const value = joinPieces(parts);
  const [overload = 0] = value;
  if (value.length !== 1 || overload < 1 || overload > 3) {
    throw new WireError("wire.invalid", `option 52 wants 1, 2 or 3, got ${overload}`, {
      field: "option 52",
      want: "1, 2 or 3",
      got: overload,
    });
  }
  return overload;
}

function joinPieces(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  return first !== undefined && parts.length === 1 ? first : Buffer.concat(parts);
}

/** One option, in pieces of at most 255 bytes where it is longer (RFC 3396 §6). */
export function writeOption(writer: ByteWriter, code: number, value: Uint8Array): void {
  for (let at = 0; at === 0 || at < value.length; at += 255) {
    const piece = value.subarray(at, at + 255);
    writer.u8(code).u8(piece.length).put(piece);
  }
}

/** Bytes that `writeOption` takes for a value. */
export function optionLength(value: Uint8Array): number {
  return value.length + 2 * Math.max(1, Math.ceil(value.length / 255));
}

/**
 * Sub-options of 43, 82 and 175, as far as they read: these bytes are a vendor's or a relay's own
 * and of any grammar, so what does not fit ends the list instead of costing the machine its boot.
 */
export function readSubOptions(value: Uint8Array): DhcpOptions {
  const found = new Map<number, Uint8Array>();
  const reader = new ByteReader(value);
  while (reader.left >= 2) {
    const code = reader.u8("sub-option code");
    if (code === OptionCode.end) break;
    if (code === OptionCode.pad) continue;
    const length = reader.u8("sub-option length");
    if (length > reader.left) break;
    if (!found.has(code)) found.set(code, reader.take(length, "sub-option"));
    else reader.take(length, "sub-option");
  }
  return found;
}
