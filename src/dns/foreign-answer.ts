import { WireError } from "../errors.ts";
import type { Ipv4Address } from "../wire/ipv4.ts";
import { ByteReader } from "../wire/reader.ts";
import { ByteWriter } from "../wire/writer.ts";
import { optLength, writeOpt } from "./edns.ts";
import { isPrivateAddress } from "./forward-rule.ts";
import { type Query, RCode } from "./message.ts";

/**
 * What another name server answered: the records of its answer and authority sections as bytes, which
 * point at each other and at the question, so they are passed on behind a header of ours. Additional
 * records are left out: they are optional, and the OPT among them was for us.
 */
export type ForeignAnswer = {
  readonly rcode: number;
  readonly answers: number;
  readonly authorities: number;
  readonly body: Uint8Array;
  /** Where in the body each record's TTL stands. */
  readonly ttls: readonly number[];
  /** Seconds it may be kept; 0 is not at all. */
  readonly keep: number;
  readonly pointsInside: boolean;
};

export type ParsedForeign =
  | { readonly kind: "answer"; readonly answer: ForeignAnswer }
  | { readonly kind: "truncated" }
  /** It cannot tell; another may. */
  | { readonly kind: "useless"; readonly rcode: number }
  /** Somebody's guess, or a server that does not repeat letters as they were asked. */
  | { readonly kind: "not-ours"; readonly reason: "other-id" | "other-question" | "other-case" };

/** What was sent upstream: the answer must repeat it to the letter. */
export type Sent = { readonly id: number; readonly wire: Uint8Array };

const headerBytes = 12;
const keepMax = 86_400;
/** RFC 2308 §5: one to three hours is as long as a no should live. */
const keepNoMax = 10_800;
const Type = { a: 1, soa: 6 } as const;

/** The question in letters of random case (0x20): 20 letters are 20 bits more for a forger to guess. */
export function mixCase(wire: Uint8Array, random: (count: number) => Uint8Array): Uint8Array {
  const coins = random(wire.length);
  return wire.map((byte, at) => {
    const isLetter = at < wire.length - 5 && isAsciiLetter(byte);
    return isLetter && ((coins[at] ?? 0) & 1) === 1 ? byte ^ 0x20 : byte;
  });
}

/** One question for an upstream, with EDNS and RD. */
export function formatQuestion({ id, wire }: Sent): Uint8Array {
  const writer = new ByteWriter().u16(id).u16(0x0100).u16(1).u16(0).u16(0).u16(1).put(wire);
  writeOpt(writer, 0);
  return writer.finish();
}

/** An upstream's message; throws `WireError` where it breaks off. */
export function parseForeign(bytes: Uint8Array, sent: Sent): ParsedForeign {
  const reader = new ByteReader(bytes);
  const id = reader.u16("id");
  const flags = reader.u16("flags");
  const [questions, answers = 0, authorities = 0] = [1, 2, 3, 4].map(() => reader.u16("count"));
  if (id !== sent.id || (flags & 0xf800) !== 0x8000)
    return { kind: "not-ours", reason: "other-id" };
  const rcode = flags & 15;
  // A server that refuses may leave the question out.
  if (questions === 0 && rcode !== 0) return { kind: "useless", rcode };
  const wire = reader.take(sent.wire.length, "question");
  if (questions !== 1 || !isEqual(lowered(wire), lowered(sent.wire))) {
    return { kind: "not-ours", reason: "other-question" };
  }
  if (!isEqual(wire, sent.wire)) return { kind: "not-ours", reason: "other-case" };
  if ((flags & 0x200) !== 0) return { kind: "truncated" };
  if (rcode !== RCode.noError && rcode !== RCode.nameError) return { kind: "useless", rcode };
  return { kind: "answer", answer: readSections(reader, { rcode, answers, authorities }) };
}

/** The answer for this client, `age` seconds after it came, in at most `limit` bytes. */
export function formatForeign(
  query: Query,
  answer: ForeignAnswer,
  { age, limit }: { readonly age: number; readonly limit: number },
): Uint8Array {
  const size = headerBytes + query.question.wire.length + answer.body.length;
  const { edns } = query;
  const isWhole = size + (edns === undefined ? 0 : optLength(edns)) <= limit;
  const writer = new ByteWriter(65_535).u16(query.header.id);
  writer.u16(0x8180 | (isWhole ? 0 : 0x200) | answer.rcode).u16(1);
  writer.u16(isWhole ? answer.answers : 0).u16(isWhole ? answer.authorities : 0);
  writer.u16(edns === undefined ? 0 : 1).put(query.question.wire);
  if (isWhole) writer.put(aged(answer, age));
  if (edns !== undefined) writeOpt(writer, 0, edns.replyCookie);
  return writer.finish();
}

function aged({ body, ttls }: ForeignAnswer, age: number): Uint8Array {
  if (age === 0) return body;
  const copy = body.slice();
  const view = new DataView(copy.buffer, copy.byteOffset, copy.length);
  for (const at of ttls) view.setUint32(at, Math.max(0, view.getUint32(at) - age));
  return copy;
}

function readSections(
  reader: ByteReader,
  { rcode, answers, authorities }: Pick<ForeignAnswer, "rcode" | "answers" | "authorities">,
): ForeignAnswer {
  const start = reader.offset;
  const ttls: number[] = [];
  const keeps: number[] = [];
  let hasNo = false;
  let pointsInside = false;
  for (let at = 0; at < answers + authorities; at += 1) {
    skipName(reader);
    const type = reader.u16("type");
    reader.u16("class");
    ttls.push(reader.offset - start);
    const ttl = reader.u32("ttl");
    const data = reader.take(reader.u16("data length"), "data");
    if (at < answers) keeps.push(ttl);
    if (at < answers && type === Type.a && data.length === 4) {
      pointsInside ||= isPrivateAddress(new ByteReader(data).u32("address") as Ipv4Address); // 4 bytes
    }
    if (at < answers || type !== Type.soa || data.length < 20) continue;
    hasNo = true;
    keeps.push(ttl, new ByteReader(data, data.length - 4).u32("minimum"));
  }
  // RFC 2308 §5: a no without an SOA is not kept.
  const known = answers > 0 || hasNo ? Math.min(...keeps, hasNo ? keepNoMax : keepMax) : 0;
  const keep = known > 0x7fff_ffff ? 0 : known; // RFC 2181 §8
  const body = reader.bytes.slice(start, reader.offset);
  return { rcode, answers, authorities, body, ttls, keep, pointsInside };
}

function skipName(reader: ByteReader): void {
  for (;;) {
    const length = reader.u8("label length");
    if (length === 0) return;
    if (length >= 0xc0) {
      reader.u8("pointer");
      return;
    }
    if (length > 63) {
      throw new WireError("wire.invalid", `want a label of 63 bytes or fewer, got ${length}`, {
        field: "label",
      });
    }
    reader.take(length, "label");
  }
}

function lowered(wire: Uint8Array): Uint8Array {
  return wire.map((byte, at) => (at < wire.length - 5 && isAsciiLetter(byte) ? byte | 0x20 : byte));
}

// A length byte below 64 is no letter, so the name needs no cutting into labels here.
function isAsciiLetter(byte: number): boolean {
  return (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a && byte >= 0x41;
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
