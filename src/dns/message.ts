import { type Answer, decode, encode } from "dns-packet";
import { WireError } from "../errors.ts";
import { ByteReader } from "../wire/reader.ts";
import { ByteWriter } from "../wire/writer.ts";
import { type Edns, payloadSize, readEdns, writeOpt } from "./edns.ts";
import { type DnsName, foldLabel, joinLabels, nameLimit, parentOf } from "./name.ts";
import type { ResourceRecord } from "./record.ts";

//    0               8             15
//   +---------------+---------------+
//   |              id               |   RFC 1035 §4.1.1: twelve bytes before every message
//   |Q| opcode|A|T|R|R|0|A|C| rcode |   Q answer, A authoritative, T truncated, R wanted, R offered
//   | questions     | answers       |
//   | authorities   | additionals   |   ... then the question: name, type, class
//   +---------------+---------------+

export const RCode = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  notImplemented: 4,
  refused: 5,
  /** RFC 6891 §6.1.3: the upper bits of this and the next travel in the OPT record. */
  badVersion: 16,
  badCookie: 23,
} as const;
export type RCode = (typeof RCode)[keyof typeof RCode];

export type Header = {
  readonly id: number;
  readonly opcode: number;
  readonly recursionDesired: boolean;
};

/** `type` and `class` are the wire's numbers by name, `UNKNOWN_n` where they have none. */
export type Question = {
  readonly name: DnsName;
  readonly type: string;
  readonly class: string;
  /** The question as it came. Answers repeat it, letter case and all: 0x20 clients compare it. */
  readonly wire: Uint8Array;
  /** Where in a message each suffix of the name stands, for answers to point at. */
  readonly suffixes: ReadonlyMap<DnsName, number>;
};

export type Query = {
  readonly kind: "query";
  readonly header: Header;
  readonly question: Question;
  readonly edns?: Edns;
};

/** Whatever can be answered, if only by an error code. */
export type Message =
  | Query
  /** RFC 7873 §5.4: nothing asked, to learn a cookie. */
  | { readonly kind: "cookie-query"; readonly header: Header; readonly edns: Edns }
  | { readonly kind: "other-opcode"; readonly header: Header }
  | { readonly kind: "malformed"; readonly header: Header; readonly error: WireError };

export type Response = {
  readonly rcode: RCode;
  readonly authoritative: boolean;
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  /** RA: this client may ask us about the rest of the world. */
  readonly recursionAvailable?: boolean;
};

/** The longest query we read. An honest one is a name, an OPT and perhaps a signature. */
export const queryLimit = 4096;

const Opcode = { query: 0, notify: 4 } as const;

/** Records in one message of a transfer: 100 of the longest are 60 KB. */
const transferRecords = 100;

const headerBytes = 12;
const plainUdpLimit = 512;
const streamLimit = 65_535;
/** An OPT and a TSIG; we know of nothing else a query carries behind its question. */
const additionalLimit = 2;

/** A received message; throws `WireError` at what stays unanswered: half a header, or an answer. */
export function parseMessage(bytes: Uint8Array): Message {
  const reader = new ByteReader(bytes);
  const id = reader.u16("id");
  const flags = reader.u16("flags");
  const counts = [1, 2, 3, 4].map((section) => reader.u16(`count ${section}`));
  // Two servers that answer each other's answers never stop.
  if ((flags & 0x8000) !== 0) throw invalid("qr", "want a query, got an answer");
  const header = { id, opcode: (flags >>> 11) & 15, recursionDesired: (flags & 0x100) !== 0 };
  if (header.opcode !== 0) return { kind: "other-opcode", header };
  try {
    checkCounts(counts, bytes.length);
    if (counts[0] === 0) return parseCookieQuery(header, bytes);
    return { kind: "query", header, ...parseBody(reader) };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { kind: "malformed", header, error };
  }
}

/** How many bytes an answer may have. */
export function responseLimit(message: Message, transport: "udp" | "tcp"): number {
  if (transport === "tcp") return streamLimit;
  const edns = ednsOf(message);
  if (edns === undefined) return plainUdpLimit;
  return Math.min(Math.max(edns.payloadSize, plainUdpLimit), payloadSize);
}

/**
 * The answer in at most `limit` bytes. What does not fit says so by TC. Addresses stand in for each other, so
 * as many go out as fit: a resolver without TCP, as musl's was until 1.2.4, lives by them. A part of anything
 * else is of no use, and stays away (RFC 2181 §9).
 */
export function formatResponse(message: Message, response: Response, limit: number): Uint8Array {
  const whole = writeResponse(message, response, false);
  if (whole.length <= limit) return whole;
  const { answers } = response;
  const isAddresses = answers.some(({ type }) => type === "A" || type === "AAAA");
  // Records of one name and type are of one length, so the first guess is one too many at most.
  let kept = isAddresses ? Math.ceil((answers.length * limit) / whole.length) : 0;
  for (; ; kept -= 1) {
    const part = { ...response, answers: answers.slice(0, kept), authorities: [] };
    const bytes = writeResponse(message, part, true);
    if (bytes.length <= limit || kept === 0) return bytes;
  }
}

/** An answer without its records, which tells a client over its rate to come by TCP. */
export function formatSlip(message: Message): Uint8Array {
  const none = { rcode: RCode.noError, authoritative: true, answers: [], authorities: [] };
  return writeResponse(message, none, true);
}

/** An answer without its records to a client over its rate that knows cookies: it comes again with the right one. */
export function formatBadCookie(message: Message): Uint8Array {
  const none = { rcode: RCode.badCookie, authoritative: false, answers: [], authorities: [] };
  return writeResponse(message, none, false);
}

/** What the OPT of a message says, where it has one. */
export function ednsOf(message: Message): Edns | undefined {
  return message.kind === "query" || message.kind === "cookie-query" ? message.edns : undefined;
}

/** A whole zone as a stream of answers (RFC 5936 §2.2): each as full as a message of its size may be. */
export function formatTransfer(message: Message, records: readonly ResourceRecord[]): Uint8Array[] {
  const messages: Uint8Array[] = [];
  const base = { rcode: RCode.noError, authoritative: true, authorities: [] };
  for (let at = 0; at < records.length; at += transferRecords) {
    const answers = records.slice(at, at + transferRecords);
    messages.push(writeResponse(message, { ...base, answers }, false));
  }
  return messages;
}

/** RFC 1996 §3.7: this zone changed; opcode 4, authoritative, one question and nothing else. */
export function formatNotify(id: number, origin: DnsName): Uint8Array {
  const writer = new ByteWriter(plainUdpLimit).u16(id).u16((Opcode.notify << 11) | 0x400);
  writer.u16(1).u16(0).u16(0).u16(0);
  writeName(writer, origin, new Map());
  return writer.u16(6).u16(1).finish(); // SOA, IN
}

/** The id of an answer to a NOTIFY, where the bytes are one. */
export function notifyAckId(bytes: Uint8Array): number | undefined {
  const [high = 0, low = 0, flags = 0] = bytes;
  const isAck = bytes.length >= headerBytes && flags >>> 3 === (0x10 | Opcode.notify);
  return isAck ? high * 256 + low : undefined;
}

function checkCounts(counts: readonly number[], length: number): void {
  const [questions, answers, authorities = 0, additionals = 0] = counts;
  if (length > queryLimit) {
    throw new WireError("wire.too-long", `want at most ${queryLimit} bytes, got ${length}`, {
      field: "message",
    });
  }
  if (questions !== 1 && questions !== 0)
    throw invalid("questions", `want one question, got ${questions}`);
  if (answers !== 0) throw invalid("answers", "want no answer in a query");
  // IXFR brings the SOA that its sender has (RFC 1995 §3).
  if (authorities > 1)
    throw invalid("authorities", `want at most one authority, got ${authorities}`);
  if (additionals > additionalLimit) {
    throw invalid("additionals", `want at most ${additionalLimit} additionals, got ${additionals}`);
  }
}

function parseBody(reader: ByteReader): Pick<Query, "question" | "edns"> {
  const name = readQuestionName(reader);
  reader.take(4, "question type and class");
  const wire = reader.bytes.slice(headerBytes, reader.offset);
  const packet = decodePacket(reader.bytes);
  const [asked] = packet.questions ?? [];
  const { type, class: classOf = "IN" } = asked ?? { type: "UNKNOWN" };
  const question = { ...name, type, class: classOf, wire };
  const edns = ednsIn(packet);
  return edns === undefined ? { question } : { question, edns };
}

function parseCookieQuery(header: Header, bytes: Uint8Array): Message {
  const edns = ednsIn(decodePacket(bytes));
  if (edns?.cookie === undefined) throw invalid("questions", "want one question, got 0");
  return { kind: "cookie-query", header, edns };
}

function ednsIn({ additionals = [] }: ReturnType<typeof decode>): Edns | undefined {
  return readEdns(additionals.filter((record) => record.type === "OPT"));
}

// Our own eyes for the name: a question has nothing before it to point at, and the packet library
// turns bytes that are not UTF-8 into one replacement character, which would make two names one.
function readQuestionName(reader: ByteReader): Pick<Question, "name" | "suffixes"> {
  const labels: string[] = [];
  const offsets: number[] = [];
  for (;;) {
    const offset = reader.offset;
    const length = reader.u8("label length");
    if (length === 0) break;
    if (length > 63) throw invalid("label", `want a label of 63 bytes or fewer, got ${length}`);
    labels.push(foldLabel(reader.take(length, "label")));
    offsets.push(offset);
    if (reader.offset - headerBytes >= nameLimit) throw invalid("name", "want 255 bytes or fewer");
  }
  const suffixes = new Map(offsets.map((offset, at) => [joinLabels(labels.slice(at)), offset]));
  return { name: joinLabels(labels), suffixes };
}

function decodePacket(bytes: Uint8Array): ReturnType<typeof decode> {
  try {
    return decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  } catch (error) {
    throw invalid("message", error instanceof Error ? error.message : "cannot be decoded");
  }
}

function writeResponse(message: Message, response: Response, truncated: boolean): Uint8Array {
  const { header } = message;
  const question = message.kind === "query" ? message.question : undefined;
  const edns = ednsOf(message);
  const { authoritative, rcode, answers, authorities, recursionAvailable } = response;
  const bits =
    0x8000 |
    (header.opcode << 11) |
    (authoritative ? 0x400 : 0) |
    (truncated ? 0x200 : 0) |
    (header.recursionDesired ? 0x100 : 0) |
    (recursionAvailable ? 0x80 : 0);
  const writer = new ByteWriter(streamLimit).u16(header.id).u16(bits | (rcode & 15));
  writer
    .u16(question === undefined ? 0 : 1)
    .u16(answers.length)
    .u16(authorities.length);
  writer.u16(edns === undefined ? 0 : 1);
  if (question !== undefined) writer.put(question.wire);
  const suffixes = question?.suffixes ?? new Map<DnsName, number>();
  for (const record of [...answers, ...authorities]) {
    writeName(writer, record.name, suffixes);
    writer.put(encodeTail(record));
  }
  if (edns !== undefined) writeOpt(writer, rcode, edns.replyCookie);
  return writer.finish();
}

function writeName(writer: ByteWriter, name: DnsName, suffixes: Question["suffixes"]): void {
  for (let at: DnsName | undefined = name; at !== undefined && at !== ""; at = parentOf(at)) {
    const known = suffixes.get(at);
    if (known !== undefined) {
      writer.u16(0xc000 | known);
      return;
    }
    const [label = ""] = at.split(".", 1);
    writer.u8(label.length).text(label);
  }
  writer.u8(0);
}

// Everything of a record behind its owner: the library writes a message of the one record, owned by
// the root, and the header and the root's one byte are cut off.
function encodeTail(record: ResourceRecord): Uint8Array {
  const answer: Answer = { ...record, name: "." };
  return encode({ type: "response", answers: [answer] }).subarray(headerBytes + 1);
}

function invalid(field: string, message: string): WireError {
  return new WireError("wire.invalid", message, { field });
}
