import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatResponse,
  type Message,
  parseMessage,
  RCode,
  type Response,
  responseLimit,
} from "../../src/dns/message.ts";
import { parseName } from "../../src/dns/name.ts";
import { parseRecord, type ResourceRecord } from "../../src/dns/record.ts";
import { WireError } from "../../src/errors.ts";
import { queryBytes, queryOf, readAnswer, soaRecord } from "../support/dns.ts";

const domain = parseName("kindling.lan");
const a = (name: string, value: string): ResourceRecord =>
  parseRecord({ name, type: "A", value }, domain, 300);
const response = (changes: Partial<Response> = {}): Response => ({
  rcode: RCode.noError,
  authoritative: true,
  answers: [],
  authorities: [],
  ...changes,
});

describe("parseMessage", () => {
  it("reads what a client asks", () => {
    expect(queryOf("Node1.Kindling.lan", "AAAA", { edns: { size: 4096 } })).toMatchObject({
      kind: "query",
      header: { id: 0x1234, opcode: 0, recursionDesired: true },
      question: { name: "node1.kindling.lan", type: "AAAA", class: "IN" },
      edns: { version: 0, payloadSize: 4096 },
    });
    expect(queryOf("a.lan")).not.toHaveProperty("edns");
    expect(queryOf(".", "NS")).toMatchObject({ question: { name: "" } });
    expect(queryOf("a.lan", "UNKNOWN_65")).toMatchObject({ question: { type: "UNKNOWN_65" } });
  });

  const query = queryBytes("node1.kindling.lan", "A", { edns: {} });
  const changed = (at: number, ...bytes: number[]): Buffer => {
    const copy = Buffer.from(query);
    copy.set(bytes, at);
    return copy;
  };

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["a piece of a header", query.subarray(0, 11)],
    ["an answer", changed(2, 0x81)],
    ["an answer with another opcode", changed(2, 0xa8)],
  ])("throws at %s, which must stay unanswered", (_, bytes) =>
    expect(() => parseMessage(bytes)).toThrow(WireError),
  );

  it("reads a cookie, of several the first, and a query that is nothing else", () => {
    const cookie = Buffer.from("2464c4abcf10c957", "hex");
    const client = cookie;
    expect(queryOf("a.lan", "A", { edns: { cookie } })).toMatchObject({
      edns: { cookie: { client } },
    });
    const empty = queryOf("", "A", { isEmpty: true, edns: { cookie } });
    expect(empty).toMatchObject({ kind: "cookie-query", edns: { cookie: { client } } });
    const newer = queryOf("a.lan", "A", { edns: { cookie: cookie.subarray(1), version: 1 } });
    expect(newer).toMatchObject({ kind: "query", edns: { version: 1 } }); // BADVERS, whatever it means
    const short = queryOf("a.lan", "A", { edns: { cookie: cookie.subarray(1) } });
    expect(short).toMatchObject({ kind: "malformed", error: { details: { field: "cookie" } } });
  });

  it("tells NOTIFY and UPDATE from a query", () => {
    expect(parseMessage(changed(2, 0x20))).toMatchObject({ kind: "other-opcode" });
    expect(parseMessage(changed(2, 0x28))).toMatchObject({ header: { opcode: 5 } });
  });

  const opt = query.subarray(-11);
  const bare = query.subarray(0, -11);
  const record = Buffer.from([0, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 10, 77, 0, 1]); // an A of the root
  it.each([
    ["no question and no cookie", queryBytes("", "A", { isEmpty: true }), "one question, got 0"],
    ["two questions", changed(4, 0, 2), "one question, got 2"],
    ["an answer section", Buffer.concat([changed(6, 0, 1), record]), "no answer in a query"],
    ["two authorities", Buffer.concat([changed(8, 0, 2), record, record]), "at most one authority"],
    ["three additionals", Buffer.concat([changed(10, 0, 3), record, record]), "at most 2"],
    ["two OPT records", Buffer.concat([changed(10, 0, 2), opt]), "one OPT of the root"],
    ["an OPT not the root's", Buffer.concat([bare, Buffer.from([1, 65]), opt]), "one OPT"],
    ["an additional that is not there", bare, "overflow"],
    ["a pointer to itself", changed(12, 0xc0, 12), "63 bytes or fewer, got 192"],
    // Read as a label it ends well, read as a pointer too, and the two names differ.
    ["a pointer into the header", headerPointer(), "63 bytes or fewer, got 192"],
    ["a label type nobody uses", changed(12, 0x45), "63 bytes or fewer, got 69"],
    ["a question cut short", query.subarray(0, 31), "wants"],
    ["an option longer than its record", changed(query.length - 2, 0, 9), "out of"],
    ["a name of 256 bytes", longName(256), "255 bytes or fewer"],
    ["more than we read", Buffer.concat([query, Buffer.alloc(4096)]), "at most 4096 bytes"],
  ])("calls %s malformed", (_, bytes, message) => {
    const error = { message: expect.stringContaining(message) };
    expect(parseMessage(bytes)).toMatchObject({ kind: "malformed", header: { id: 0x1234 }, error });
  });

  it("reads the longest name there is", () =>
    expect(parseMessage(longName(255))).toMatchObject({ kind: "query" }));
});

describe("formatResponse", () => {
  it("repeats the question's letters and points to them", () => {
    const query = queryOf("nOdE1.kinDLing.lan");
    const bytes = formatResponse(query, response({ answers: [a("node1", "10.77.0.11")] }), 512);
    expect(readAnswer(bytes)).toMatchObject({
      id: 0x1234,
      rcode: "NOERROR",
      authoritative: true,
      truncated: false,
      recursionDesired: true,
      recursionAvailable: false,
      questions: ["nOdE1.kinDLing.lan A"],
      answers: ["nOdE1.kinDLing.lan A 10.77.0.11"],
      opt: undefined,
    });
    expect(bytes).toHaveLength(12 + 20 + 4 + 16); // two bytes stand for the owner
  });

  it("writes every type so that another parser reads it", () => {
    const values = [
      ["@", "A", "10.77.0.9"],
      ["www", "AAAA", "fd00::1"],
      ["www", "CNAME", "node1"],
      ["www", "TXT", "hello world"],
      ["_e._tcp", "SRV", "1 5 2379 node1"],
    ] as const;
    const answers: ResourceRecord[] = values.map(([name, type, value]) =>
      parseRecord({ name: name === "@" ? domain : name, type, value }, domain, 300),
    );
    const host = parseName("node1.kindling.lan");
    answers.push({ name: domain, ttl: 1, type: "NS", data: host });
    answers.push({ name: host, ttl: 1, type: "PTR", data: host });
    answers.push({ name: host, ttl: 1, type: "HINFO", data: { cpu: "RFC8482", os: "" } });
    const authorities = [soaRecord(domain)];
    const bytes = formatResponse(
      queryOf("x.kindling.lan"),
      response({ answers, authorities }),
      999,
    );
    expect(readAnswer(bytes)).toMatchObject({
      answers: [
        "kindling.lan A 10.77.0.9",
        "www.kindling.lan AAAA fd00::1",
        "www.kindling.lan CNAME node1.kindling.lan",
        "www.kindling.lan TXT hello world",
        "_e._tcp.kindling.lan SRV 1 5 2379 node1.kindling.lan",
        "kindling.lan NS node1.kindling.lan",
        "node1.kindling.lan PTR node1.kindling.lan",
        "node1.kindling.lan HINFO RFC8482 ",
      ],
      authorities: [
        "kindling.lan SOA ns.kindling.lan hostmaster.kindling.lan 7 3600 600 1209600 60",
      ],
    });
  });

  it("gives as many addresses as fit, and TC", () => {
    const answers = Array.from({ length: 40 }, (_, at) => a("x", `10.0.0.${at}`));
    const plain = queryOf("x.kindling.lan");
    const cut = formatResponse(plain, response({ answers }), responseLimit(plain, "udp"));
    expect(readAnswer(cut)).toMatchObject({ truncated: true, rcode: "NOERROR" });
    expect(readAnswer(cut).answers).toHaveLength(30); // 12 + 20 + 30 * 16
    expect(cut).toHaveLength(512);
    const edns = queryOf("x.kindling.lan", "A", { edns: {} });
    const whole = formatResponse(edns, response({ answers }), responseLimit(edns, "udp"));
    expect(readAnswer(whole)).toMatchObject({ truncated: false });
    expect(readAnswer(whole).answers).toHaveLength(40);
  });

  it("fills no datagram past its limit, whatever the limit", () => {
    const answers = Array.from({ length: 40 }, (_, at) => a("x", `10.0.0.${at}`));
    const query = queryOf("x.kindling.lan", "A", { edns: {} });
    for (let limit = 60; limit < 700; limit += 1) {
      const bytes = formatResponse(query, response({ answers }), limit);
      expect(bytes.length).toBeLessThanOrEqual(limit);
      expect(bytes.length + 16).toBeGreaterThan(Math.min(limit, 683));
    }
  });

  it("leaves all of a text away where a part of it is all that fits, and sets TC", () => {
    const text = (at: number): ResourceRecord =>
      parseRecord({ name: "x", type: "TXT", value: `${at}`.repeat(200) }, domain, 300);
    const plain = queryOf("x.kindling.lan", "TXT");
    const cut = formatResponse(plain, response({ answers: [1, 2, 3].map(text) }), 512);
    expect(readAnswer(cut)).toMatchObject({ truncated: true, answers: [] });
  });

  it("answers an OPT with ours, never with DO", () => {
    const query = queryOf("x.kindling.lan", "A", { edns: { dnssecOk: true, size: 4096 } });
    const bytes = formatResponse(query, response({ rcode: RCode.badVersion }), 512);
    expect(readAnswer(bytes).opt).toMatchObject({
      udpPayloadSize: 1232,
      extendedRcode: 1,
      ednsVersion: 0,
      flag_do: false,
    });
  });

  it("answers by the header alone where there is no question it could repeat", () => {
    const header = { id: 9, opcode: 5, recursionDesired: false };
    const message: Message = { kind: "other-opcode", header };
    const bytes = formatResponse(message, response({ rcode: RCode.notImplemented }), 512);
    expect([...bytes]).toEqual([0, 9, 0xac, 4, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it("keeps any name a client can send, byte by byte", () => {
    const label = fc.uint8Array({ minLength: 1, maxLength: 63 });
    fc.assert(
      fc.property(fc.array(label, { maxLength: 3 }), (labels) => {
        const name = labels.map((it) => Buffer.from([it.length, ...it]));
        const wire = Buffer.concat([...name, Buffer.from([0, 0, 1, 0, 1])]);
        const query = Buffer.concat([queryBytes(".").subarray(0, 12), wire]);
        const message = parseMessage(query);
        expect(message.kind).toBe("query");
        const bytes = formatResponse(message, response(), 512);
        expect(Buffer.compare(bytes.subarray(12), wire)).toBe(0);
      }),
    );
  });
});

describe("responseLimit", () => {
  it.each([
    ["udp", undefined, 512],
    ["udp", 0, 512],
    ["udp", 511, 512],
    ["udp", 900, 900],
    ["udp", 65_535, 1232],
    ["tcp", undefined, 65_535],
    ["tcp", 512, 65_535],
  ] as const)("by %s with EDNS size %s is %d", (transport, size, want) => {
    const query = queryOf("a.lan", "A", size === undefined ? {} : { edns: { size: size || 1 } });
    expect(responseLimit(query, transport)).toBe(want);
  });
});

function headerPointer(): Buffer {
  const question = Buffer.from([0xc0, 5, 0, 1, 0, 1]);
  return Buffer.concat([queryBytes(".").subarray(0, 12), question, Buffer.alloc(250)]);
}

function longName(bytes: number): Buffer {
  const labels = [63, 63, 63, bytes - 3 * 64 - 2].map((length) =>
    Buffer.concat([Buffer.from([length]), Buffer.alloc(length, "a")]),
  );
  const question = Buffer.concat([...labels, Buffer.from([0, 0, 1, 0, 1])]);
  return Buffer.concat([queryBytes(".").subarray(0, 12), question]);
}
