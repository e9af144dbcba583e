/**
 * TFTP for firmware, read-only: a file source's bytes go out, nothing ever comes in. Follows RFC
 * 1350 with RFC 1123 §4.2.3.1, and the options of RFC 2347 to 2349 and 7440. This part never looks
 * at a disk: what a name means is for the `FileSource` to say. packet, name, netascii, negotiate,
 * request and transfer are pure; session and server are the shells.
 */
import { WireError } from "../errors.ts";
import { ByteReader } from "../wire/reader.ts";
import { ByteWriter } from "../wire/writer.ts";

const OpCode = {
  readRequest: 1,
  writeRequest: 2,
  data: 3,
  ack: 4,
  error: 5,
  optionAck: 6,
} as const;

/** RFC 1350 appendix, and 8 of RFC 2347: the client aborts the negotiation. */
export const TftpErrorCode = {
  undefined: 0,
  fileNotFound: 1,
  accessViolation: 2,
  illegalOperation: 4,
  unknownTransfer: 5,
  optionRefused: 8,
} as const;

/** An option as it is on the wire; `name` is lower case, since RFC 2347 compares without case. */
export type TftpOption = { readonly name: string; readonly value: string };

/**
 * Text members hold one character for each byte (Latin-1), so nothing a client sent is lost or
 * refused.
 */
export type TftpRequest = {
  readonly kind: "read-request" | "write-request";
  readonly name: string;
  /** Lower case: `octet`, `netascii`, `mail` or whatever was sent. */
  readonly mode: string;
  readonly options: readonly TftpOption[];
};

export type TftpPacket =
  | TftpRequest
  | { readonly kind: "data"; readonly block: number; readonly bytes: Uint8Array }
  | { readonly kind: "ack"; readonly block: number }
  | { readonly kind: "error"; readonly code: number; readonly message: string }
  | { readonly kind: "option-ack"; readonly options: readonly TftpOption[] };

/** A request names eight options at most in any client seen; what comes after these is ignored. */
export const optionLimit = 32;

/** ROMs print the text in one line of 80 columns or cut it: longer reasons are lost anyway. */
export const errorTextLimit = 100;

/*
 *   RRQ, WRQ   | 1, 2 | name | 0 | mode | 0 | option | 0 | value | 0 | …
 *   DATA       |  3   | block | 0 … blksize bytes |
 *   ACK        |  4   | block |
 *   ERROR      |  5   | code  | message | 0 |
 *   OACK       |  6   | option | 0 | value | 0 | …
 *   opcode, block and code: 16 bits, big endian
 */

/**
 * Any TFTP packet; lenient where shipped clients are sloppy, `WireError` where no reading is left.
 */
export function parsePacket(datagram: Uint8Array): TftpPacket {
  const reader = new ByteReader(datagram);
  const opcode = reader.u16("opcode");
  switch (opcode) {
    case OpCode.readRequest:
      return parseRequest("read-request", reader);
    case OpCode.writeRequest:
      return parseRequest("write-request", reader);
    case OpCode.data:
      return { kind: "data", block: reader.u16("block"), bytes: reader.rest() };
    case OpCode.ack:
      return { kind: "ack", block: reader.u16("block") };
    case OpCode.error:
      return { kind: "error", code: reader.u16("error code"), message: readText(reader) };
    case OpCode.optionAck:
      return { kind: "option-ack", options: readOptions(reader) };
    default:
      throw new WireError("wire.invalid", `opcode wants 1 to 6, got ${opcode}`, {
        field: "opcode",
        offset: 0,
        got: opcode,
      });
  }
}

/** The bytes of a packet: what `parsePacket` reads back as the same value. */
export function formatPacket(packet: TftpPacket): Uint8Array {
  switch (packet.kind) {
    case "read-request":
    case "write-request": {
      const opcode = packet.kind === "read-request" ? OpCode.readRequest : OpCode.writeRequest;
      const writer = new ByteWriter().u16(opcode);
      return writeOptions(writeText(writeText(writer, packet.name), packet.mode), packet.options);
    }
    case "data":
      return formatData(packet.block, packet.bytes);
    case "ack":
      return new ByteWriter(4).u16(OpCode.ack).u16(packet.block).finish();
    case "error":
      return writeText(
        new ByteWriter().u16(OpCode.error).u16(packet.code),
        packet.message,
      ).finish();
    case "option-ack":
      return writeOptions(new ByteWriter().u16(OpCode.optionAck), packet.options);
  }
}

/** One DATA packet: this is what a transfer spends its time on. */
export function formatData(block: number, bytes: Uint8Array): Uint8Array {
  // Out of the pool and not zeroed: every byte is written below.
  const packet = Buffer.allocUnsafe(4 + bytes.length);
  packet[0] = 0;
  packet[1] = OpCode.data;
  packet[2] = block >>> 8;
  packet[3] = block;
  packet.set(bytes, 4);
  return packet;
}

/** An ERROR whose text any ROM can print: ASCII, `errorTextLimit` bytes at most. */
export function formatError(code: number, text: string): Uint8Array {
  const message = text.replace(/[^\x20-\x7e]/g, "?").slice(0, errorTextLimit);
  return formatPacket({ kind: "error", code, message });
}

function parseRequest(kind: TftpRequest["kind"], reader: ByteReader): TftpRequest {
  const name = reader.untilNul();
  if (name === undefined) {
    throw new WireError("wire.truncated", "file name wants a NUL after it, got none", {
      field: "file name",
      offset: reader.offset,
    });
  }
  const mode = readText(reader).toLowerCase();
  return { kind, name: latin1(name), mode, options: readOptions(reader) };
}

// Some ROMs pad the request with NULs or leave stale bytes behind the list: an empty name ends it,
// and so does a name without a value.
function readOptions(reader: ByteReader): readonly TftpOption[] {
  const options: TftpOption[] = [];
  while (reader.left > 0 && options.length < optionLimit) {
    const name = reader.untilNul();
    if (name === undefined || name.length === 0 || reader.left === 0) break;
    options.push({ name: latin1(name).toLowerCase(), value: readText(reader) });
  }
  return options;
}

// The last text of a packet may lack its NUL: old ROMs count the packet's length as the end.
function readText(reader: ByteReader): string {
  return latin1(reader.untilNul() ?? reader.rest());
}

function writeOptions(writer: ByteWriter, options: readonly TftpOption[]): Uint8Array {
  for (const { name, value } of options) writeText(writeText(writer, name), value);
  return writer.finish();
}

function writeText(writer: ByteWriter, text: string): ByteWriter {
  return writer.put(Buffer.from(text, "latin1")).u8(0);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
