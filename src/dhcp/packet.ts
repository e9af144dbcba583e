import { WireError } from "../errors.ts";
import { type Ipv4Address, readIpv4, writeIpv4 } from "../wire/ipv4.ts";
import { ByteReader } from "../wire/reader.ts";
import { ByteWriter } from "../wire/writer.ts";
import {
  type DhcpOptions,
  isOverloaded,
  OptionCode,
  optionLength,
  parseOptions,
  writeOption,
} from "./options.ts";

/** Header field `op`. */
export const OpCode = { request: 1, reply: 2 } as const;

/** Header field `flags`: the client can only hear broadcasts until it has an address. */
export const broadcastFlag = 0x8000;

/** A DHCP message, as RFC 2131 §2 names it. `sname` and `file` are empty if they hold options. */
export type DhcpMessage = {
  readonly op: number;
  readonly htype: number;
  readonly hlen: number;
  readonly hops: number;
  readonly xid: number;
  readonly secs: number;
  readonly flags: number;
  readonly ciaddr: Ipv4Address;
  readonly yiaddr: Ipv4Address;
  readonly siaddr: Ipv4Address;
  readonly giaddr: Ipv4Address;
  /** All 16 bytes as they came: EDK2 with SendGUID sends hlen 16 and a GUID, echoed verbatim. */
  readonly chaddr: Uint8Array;
  readonly sname: string;
  readonly file: string;
  readonly options: DhcpOptions;
};

/** Bytes of a message before its options, the magic cookie included. */
const headerBytes = 240;
/** BOOTP's 300: relays and ROMs exist that drop shorter replies (RFC 1542 §2.1). */
const minMessageBytes = 300;
/** 576 bytes of IP datagram that every client takes (RFC 2131 §2) less 28 of IP and UDP headers. */
export const defaultMaxBytes = 548;
/** The text that fits `file` with its NUL. */
const maxFileBytes = 127;

const magicCookie = 0x6382_5363;

/**
 *      0               1               2               3
 *     +---------------+---------------+---------------+---------------+
 *   0 | op            | htype         | hlen          | hops          |
 *   4 | xid                                                           |
 *   8 | secs                          | flags                         |
 *  12 | ciaddr                                                        |
 *  16 | yiaddr                                                        |
 *  20 | siaddr                                                        |
 *  24 | giaddr                                                        |
 *  28 | chaddr, 16 bytes                                              |
 *  44 | sname, 64 bytes                                               |
 * 108 | file, 128 bytes                                               |
 * 236 | 63 82 53 63 (RFC 2131 §3)                                     |
 * 240 | options: code, length, value ... 255                          |
 *     +---------------------------------------------------------------+
 *
 * Throws `WireError` and nothing else, whatever the bytes are.
 */
export function parseDhcp(bytes: Uint8Array): DhcpMessage {
  const reader = new ByteReader(bytes);
  const header = {
    op: reader.u8("op"),
    htype: reader.u8("htype"),
    hlen: readHlen(reader),
    hops: reader.u8("hops"),
    xid: reader.u32("xid"),
    secs: reader.u16("secs"),
    flags: reader.u16("flags"),
    ciaddr: readIpv4(reader, "ciaddr"),
    yiaddr: readIpv4(reader, "yiaddr"),
    siaddr: readIpv4(reader, "siaddr"),
    giaddr: readIpv4(reader, "giaddr"),
    chaddr: reader.take(16, "chaddr"),
  };
  const sname = reader.take(64, "sname");
  const file = reader.take(128, "file");
  checkCookie(reader.u32("magic cookie"));
  const { options, overload } = parseOptions(reader.rest(), file, sname);
  return {
    ...header,
    sname: isOverloaded(overload, "sname") ? "" : textOf(sname),
    file: isOverloaded(overload, "file") ? "" : textOf(file),
    options,
  };
}

function readHlen(reader: ByteReader): number {
  const hlen = reader.u8("hlen");
  if (hlen > 16) {
    throw new WireError("wire.invalid", `hlen wants at most 16, got ${hlen}`, {
      field: "hlen",
      offset: 2,
      want: 16,
      got: hlen,
    });
  }
  return hlen;
}

function checkCookie(cookie: number): void {
  if (cookie === magicCookie) return;
  throw new WireError(
    "wire.invalid",
    `want the magic cookie 63825363, got ${cookie.toString(16)}`,
    {
      field: "magic cookie",
      offset: 236,
      want: magicCookie,
      got: cookie,
    },
  );
}

// Latin-1 keeps every byte; a field filled to its last byte has no NUL, and ROMs send such ones.
function textOf(field: Uint8Array): string {
  const nul = field.indexOf(0);
  return Buffer.from(nul < 0 ? field : field.subarray(0, nul)).toString("latin1");
}

/**
 * The message in at most `maxBytes`, at least 300. Options keep their order but for two: 67 comes
 * last with a NUL of its own, as EDK2 writes a 0 over the byte that follows it; and then 82 (RFC
 * 3046 §2.2 leaves it to the end, where relays look for it). What does not fit leaves in
 * `DropOrder`. Nothing is ever put into `sname` or `file` but text: old ROMs do not read overloaded
 * fields.
 */
export function formatDhcp(message: DhcpMessage, maxBytes: number = defaultMaxBytes): Uint8Array {
  const options = fitOptions(terminateBootFile(message.options), maxBytes - headerBytes - 1);
  const writer = new ByteWriter(maxBytes);
  writer.u8(message.op).u8(message.htype).u8(message.hlen).u8(message.hops);
  writer.u32(message.xid).u16(message.secs).u16(message.flags);
  for (const field of ["ciaddr", "yiaddr", "siaddr", "giaddr"] as const) {
    writeIpv4(writer, message[field]);
  }
  writer.fixed(message.chaddr, 16);
  writer.fixed(Buffer.from(message.sname, "latin1"), 64).fixed(fileField(message.file), 128);
  writer.u32(magicCookie);
  const last: readonly number[] = [OptionCode.bootFile, OptionCode.relayAgent];
  for (const [code, value] of options) if (!last.includes(code)) writeOption(writer, code, value);
  for (const code of last) {
    const value = options.get(code);
    if (value !== undefined) writeOption(writer, code, value);
  }
  writer.u8(OptionCode.end);
  return writer.zeros(Math.max(0, minMessageBytes - writer.length)).finish();
}

function fileField(file: string): Uint8Array {
  const bytes = Buffer.from(file, "latin1");
  return bytes.length > maxFileBytes ? Buffer.alloc(0) : bytes; // a cut name is a wrong name
}

function terminateBootFile(options: DhcpOptions): DhcpOptions {
  const file = options.get(OptionCode.bootFile);
  if (file === undefined || file.at(-1) === 0) return options;
  return new Map(options).set(OptionCode.bootFile, Buffer.concat([file, Buffer.of(0)]));
}

// Without these a client has no lease or no boot; all of them fit 548 bytes beside what firmware echoes.
const Needed: ReadonlySet<number> = new Set([
  OptionCode.subnetMask,
  OptionCode.router,
  OptionCode.leaseTime,
  OptionCode.messageType,
  OptionCode.serverId,
  OptionCode.renewalTime,
  OptionCode.rebindingTime,
  OptionCode.vendorClass,
  OptionCode.vendorSpecific,
  OptionCode.tftpServer,
  OptionCode.bootFile,
  OptionCode.rapidCommit,
  OptionCode.classlessRoutes,
]);

// Least needed first: comfort, then echoes. Before them go the operator's further options, those that
// the client listed last first; after them whatever is too long to be needed.
const DropOrder: readonly number[] = [
  OptionCode.message,
  OptionCode.hostName,
  OptionCode.fqdn,
  OptionCode.domainName,
  OptionCode.broadcastAddress,
  OptionCode.ipxe,
  OptionCode.clientId,
  OptionCode.relayAgent,
  OptionCode.clientUuid,
  OptionCode.dnsServers,
  OptionCode.classlessRoutes,
  OptionCode.vendorSpecific,
  OptionCode.router,
];

/** The options that `formatDhcp` leaves out of this message for want of room. */
export function droppedOptions(
  message: DhcpMessage,
  maxBytes: number = defaultMaxBytes,
): readonly number[] {
  const whole = terminateBootFile(message.options);
  const kept = fitOptions(whole, maxBytes - headerBytes - 1);
  return [...whole.keys()].filter((code) => !kept.has(code));
}

function fitOptions(options: DhcpOptions, room: number): DhcpOptions {
  let length = [...options.values()].reduce((sum, value) => sum + optionLength(value), 0);
  if (length <= room) return options;
  const kept = new Map(options);
  const further = [...options.keys()].filter((one) => !Needed.has(one) && !DropOrder.includes(one));
  for (const code of [...further.reverse(), ...DropOrder]) {
    const value = kept.get(code);
    if (value === undefined) continue;
    kept.delete(code);
    length -= optionLength(value);
    if (length <= room) break;
  }
  return kept;
}
