import { type Answer, encode } from "dns-packet";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatForeign,
  formatQuestion,
  mixCase,
  parseForeign,
} from "../../src/dns/foreign-answer.ts";
import { parseMessage } from "../../src/dns/message.ts";
import { WireError } from "../../src/errors.ts";
import { queryBytes, queryOf, readAnswer } from "../support/dns.ts";

const query = (extra = {}) => {
  const message = queryOf("www.example.org", "A", extra);
  if (message.kind !== "query") throw new Error("no query");
  return message;
};
const sent = { id: 0x1234, wire: query().question.wire };
const soa = {
  mname: "ns.example.org",
  rname: "h.example.org",
  serial: 1,
  refresh: 1,
  retry: 1,
  expire: 1,
};
const no = (minimum: number, ttl = 900): Answer => ({
  ...{ type: "SOA", name: "example.org", ttl, data: { ...soa, minimum } },
});
const a = (data: string, ttl = 300): Answer => ({ type: "A", name: "www.example.org", ttl, data });

type Told = {
  answers?: Answer[];
  authorities?: Answer[];
  rcode?: number;
  flags?: number;
  id?: number;
  name?: string;
};
const upstream = ({ answers = [], authorities = [], rcode = 0, ...told }: Told = {}): Buffer =>
  encode({
    type: "response",
    id: told.id ?? 0x1234,
    flags: 0x180 | rcode | (told.flags ?? 0),
    questions: [{ name: told.name ?? "www.example.org", type: "A" }],
    answers,
    authorities,
    additionals: [{ type: "OPT", name: ".", udpPayloadSize: 1232, options: [] } as never],
  });

describe("parseForeign", () => {
  it.each([
    ["an answer", { answers: [a("192.0.2.1"), a("192.0.2.2", 60)] }, 60],
    ["a day at most", { answers: [a("192.0.2.1", 999_999)] }, 86_400],
    ["a no for its SOA's minimum", { rcode: 3, authorities: [no(120)] }, 120],
    ["a no for its SOA's TTL", { authorities: [no(9999, 30)] }, 30],
    ["a no for three hours at most", { rcode: 3, authorities: [no(99_999, 99_999)] }, 10_800],
    ["nothing that has no SOA", { rcode: 3 }, 0],
  ])("keeps %s", (_, told, keep) =>
    expect(parseForeign(upstream(told), sent)).toMatchObject({ kind: "answer", answer: { keep } }),
  );

  it.each([
    ["another id", { id: 1 }, { kind: "not-ours", reason: "other-id" }],
    [
      "another question",
      { name: "www.example.net" },
      { kind: "not-ours", reason: "other-question" },
    ],
    [
      "letters it was not asked with",
      { name: "WWW.example.org" },
      { kind: "not-ours", reason: "other-case" },
    ],
    ["a truncated answer", { flags: 0x200 }, { kind: "truncated" }],
    ["SERVFAIL", { rcode: 2 }, { kind: "useless", rcode: 2 }],
    ["REFUSED", { rcode: 5 }, { kind: "useless", rcode: 5 }],
  ])("takes %s for what it is", (_, told, want) =>
    expect(parseForeign(upstream(told), sent)).toEqual(want),
  );

  it("sees an answer that points into a private network", () => {
    const inside = (address: string) => parseForeign(upstream({ answers: [a(address)] }), sent);
    expect(inside("10.0.0.1")).toMatchObject({ answer: { pointsInside: true } });
    expect(inside("192.0.2.1")).toMatchObject({ answer: { pointsInside: false } });
  });

  it("reads arbitrary bytes, or throws a WireError", () => {
    const start = upstream({ answers: [a("192.0.2.1")], authorities: [no(1)] });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(start.length - 1), fc.nat(255))),
        fc.nat(start.length),
        (edits, end) => {
          const bytes = Buffer.from(start);
          for (const [at, value] of edits) bytes[at] = value;
          try {
            parseForeign(bytes.subarray(0, end), sent);
          } catch (error) {
            expect(error).toBeInstanceOf(WireError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("formatForeign", () => {
  const parsed = parseForeign(upstream({ answers: [a("192.0.2.1")] }), sent);
  if (parsed.kind !== "answer") throw new Error("no answer");
  const { answer } = parsed;

  it("passes records on under the client's id, with what is left of their time", () => {
    const bytes = formatForeign(query({ id: 77, edns: {} }), answer, { age: 100, limit: 1232 });
    expect(readAnswer(bytes)).toMatchObject({
      ...{ id: 77, rcode: "NOERROR", authoritative: false, recursionAvailable: true },
      answers: ["www.example.org A 192.0.2.1"],
      opt: { udpPayloadSize: 1232 },
    });
    expect(Buffer.from(bytes).includes(Buffer.from([0, 0, 0, 200, 0, 4]))).toBe(true);
    const plain = readAnswer(formatForeign(query(), answer, { age: 0, limit: 512 }));
    expect(plain.opt).toBeUndefined();
  });

  it("leaves all records out where they do not fit", () => {
    const bytes = formatForeign(query(), answer, { age: 0, limit: 40 });
    expect(readAnswer(bytes)).toMatchObject({ truncated: true, answers: [] });
  });
});

it("asks with letters that chance chose, the same name to us", () => {
  const { wire } = sent;
  const mixed = mixCase(wire, (count) => new Uint8Array(count).fill(1));
  expect(Buffer.from(mixed).toString("latin1")).toContain("WWW\x07EXAMPLE\x03ORG\0\0\x01\0\x01");
  expect(mixCase(wire, (count) => new Uint8Array(count))).toEqual(wire);
  expect(parseMessage(formatQuestion({ id: 9, wire: mixed }))).toMatchObject({
    header: { id: 9, recursionDesired: true },
    question: { name: "www.example.org", type: "A" },
    edns: { payloadSize: 1232 },
  });
  expect(queryBytes("www.example.org").subarray(12, 12 + wire.length)).toEqual(Buffer.from(wire));
});
