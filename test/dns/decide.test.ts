import { describe, expect, it } from "vitest";
import { decideDns } from "../../src/dns/decide.ts";
import { type Message, RCode } from "../../src/dns/message.ts";
import { WireError } from "../../src/errors.ts";
import { queryOf, showRecord, zoneOf } from "../support/dns.ts";

const zone = zoneOf(
  "kindling.lan",
  `node1      A     10.77.0.11
   controller A     10.77.0.11
   controller A     10.77.0.12
   controller A     10.77.0.13
   away       CNAME www.example.org.
   sub        NS    ns.example.org.`,
);
const zones = new Map([[zone.origin, zone]]);
const soa = "kindling.lan SOA ns.kindling.lan hostmaster.kindling.lan 7 3600 600 1209600 60";
const asker = { transport: "udp", isSecondary: false } as const;
const header = { id: 1, opcode: 5, recursionDesired: false };
const error = new WireError("wire.invalid", "broken", { field: "x" });

type Row = {
  readonly name: string;
  readonly ask: Message;
  readonly reason: string;
  readonly rcode?: number;
  readonly answers?: readonly string[];
  readonly authorities?: readonly string[];
  readonly authoritative?: boolean;
};
const Rows: readonly Row[] = [
  {
    name: "answers a name it holds, whatever its letter case",
    ask: queryOf("NODE1.kindling.LAN"),
    reason: "answered",
    answers: ["node1.kindling.lan A 10.77.0.11"],
  },
  {
    name: "says no data for AAAA, never no such name",
    ask: queryOf("node1.kindling.lan", "AAAA"),
    reason: "no-data",
    authorities: [soa],
  },
  {
    name: "says no such name with the zone's SOA",
    ask: queryOf("node9.kindling.lan"),
    reason: "no-such-name",
    rcode: RCode.nameError,
    authorities: [soa],
  },
  {
    name: "gives an alias out of the zone and leaves the rest to the client",
    ask: queryOf("away.kindling.lan"),
    reason: "left-zone",
    answers: ["away.kindling.lan CNAME www.example.org"],
  },
  {
    name: "gives ANY one HINFO",
    ask: queryOf("controller.kindling.lan", "ANY"),
    reason: "answered",
    answers: ["controller.kindling.lan HINFO RFC8482"],
  },
  {
    name: "hands on a name of a zone that was given away, without vouching for it",
    ask: queryOf("host.sub.kindling.lan"),
    reason: "delegated",
    authorities: ["sub.kindling.lan NS ns.example.org"],
    authoritative: false,
  },
  { name: "refuses the rest of the world", ask: queryOf("example.org"), reason: "not-our-zone" },
  { name: "refuses the root", ask: queryOf(".", "NS"), reason: "not-our-zone" },
  {
    name: "refuses transfers",
    ask: queryOf("kindling.lan", "AXFR"),
    reason: "transfer-refused",
  },
  {
    name: "refuses incremental transfers",
    ask: queryOf("kindling.lan", "IXFR"),
    reason: "transfer-refused",
  },
  {
    name: "keeps its version to itself",
    ask: queryOf("version.bind", "TXT", { classOf: "CH" }),
    reason: "not-internet-class",
  },
  {
    name: "refuses its own names in another class",
    ask: queryOf("node1.kindling.lan", "A", { classOf: "ANY" }),
    reason: "not-internet-class",
  },
  {
    name: "knows only version 0 of EDNS",
    ask: queryOf("node1.kindling.lan", "A", { edns: { version: 1 } }),
    reason: "edns-version",
    rcode: RCode.badVersion,
  },
  {
    name: "implements no other opcode",
    ask: { kind: "other-opcode", header },
    reason: "other-opcode",
    rcode: RCode.notImplemented,
  },
  {
    name: "calls a broken query broken",
    ask: { kind: "malformed", header, error },
    reason: "malformed",
    rcode: RCode.formatError,
  },
];

const served = new Set(["answered", "no-data", "no-such-name", "left-zone", "delegated"]);

const secondary = { isSecondary: true };
const Transfers = [
  { name: "the zone by TCP", type: "AXFR", transport: "tcp", asker: secondary, records: 8 },
  {
    name: "the zone where differences are asked",
    type: "IXFR",
    transport: "tcp",
    asker: secondary,
    records: 8,
  },
  {
    name: "the SOA by UDP, to come by TCP for more",
    type: "IXFR",
    transport: "udp",
    asker: secondary,
    records: 0,
  },
  { name: "no zone by UDP", type: "AXFR", transport: "udp", asker: secondary },
  {
    name: "nothing to anybody else",
    type: "AXFR",
    transport: "tcp",
    asker: { isSecondary: false },
  },
] as const;

describe("a transfer", () => {
  it.each(Transfers)("gives $name", ({ type, transport, asker: who, ...want }) => {
    const of = { turn: 0, asker: { transport, ...who } };
    const { reason, response, transfer = [] } = decideDns(queryOf("kindling.lan", type), zones, of);
    const records = "records" in want ? want.records : undefined;
    expect(reason).toBe(records === undefined ? "transfer-refused" : "transferred");
    expect(transfer.length).toBe(records ?? 0);
    if (records === undefined) expect(response.rcode).toBe(RCode.refused);
    else expect(response.answers.map(showRecord)).toEqual([soa]);
    if (transfer.length > 0) expect([transfer[0], transfer.at(-1)]).toEqual([zone.soa, zone.soa]);
  });

  it("is refused for a name that is no zone", () => {
    const of = { turn: 0, asker: { transport: "tcp", isSecondary: true } } as const;
    expect(decideDns(queryOf("node1.kindling.lan", "AXFR"), zones, of).reason).toBe(
      "transfer-refused",
    );
  });
});

describe("decideDns", () => {
  it.each(Rows)("$name", ({ ask, reason, answers = [], authorities = [], ...want }) => {
    const decision = decideDns(ask, zones, { turn: 0, asker });
    const { response } = decision;
    expect(decision.reason).toBe(reason);
    expect(response.rcode).toBe(want.rcode ?? (served.has(reason) ? 0 : RCode.refused));
    expect(response.authoritative).toBe(want.authoritative ?? served.has(reason));
    expect(response.answers.map(showRecord)).toEqual(answers);
    expect(response.authorities.map(showRecord)).toEqual(authorities);
  });

  it("lets a resolver keep a no for the negative TTL", () => {
    const { response } = decideDns(queryOf("node9.kindling.lan"), zones, { turn: 0, asker });
    expect(response.authorities.map(({ ttl }) => ttl)).toEqual([60]);
  });

  it("gives each controller its turn at the front, and always all of them", () => {
    const turns = [0, 1, 2, 3].map((turn) => {
      const decision = decideDns(queryOf("controller.kindling.lan"), zones, { turn, asker });
      expect(decision.rotated).toBe(true);
      return decision.response.answers.map(({ data }) => String(data).slice(-2)).join();
    });
    expect(turns).toEqual(["11,12,13", "12,13,11", "13,11,12", "11,12,13"]);
    expect(decideDns(queryOf("node1.kindling.lan"), zones, { turn: 5, asker }).rotated).toBe(false);
  });
});
