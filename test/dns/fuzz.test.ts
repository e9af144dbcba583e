import { expect, it } from "vitest";
import { decideDns } from "../../src/dns/decide.ts";
import { formatResponse, parseMessage, responseLimit } from "../../src/dns/message.ts";
import { WireError } from "../../src/errors.ts";
import { queryBytes, readAnswer, zoneOf } from "../support/dns.ts";

const packets = Number(process.env["FUZZ_PACKETS"] ?? 50_000);
const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);

const zone = zoneOf("kindling.lan", "* CNAME node1\n node1 A 10.77.0.11\n x.y A 10.77.0.12");
const zones = new Map([[zone.origin, zone]]);
const asker = { transport: "udp", isSecondary: false } as const;
const Seeds = [
  queryBytes("node1.kindling.lan"),
  queryBytes("any.x.y.kindling.lan", "ANY", { edns: { size: 4096, dnssecOk: true } }),
  queryBytes("kindling.lan", "SOA", { edns: { version: 1 } }),
  queryBytes("kindling.lan", "IXFR"),
  queryBytes("node1.kindling.lan", "A", { edns: { cookie: Buffer.alloc(24, 1) } }),
  queryBytes("", "A", { isEmpty: true, edns: { cookie: Buffer.alloc(8, 1) } }),
  queryBytes("version.bind", "TXT", { classOf: "CH" }),
  Buffer.concat([queryBytes("a.kindling.lan", "A", { edns: {} }).subarray(0, -2), ecs()]),
];

it(`answers ${packets} broken queries with answers others can read (seed ${seed})`, () => {
  const random = mulberry(seed);
  const kinds = { query: 0, "cookie-query": 0, "other-opcode": 0, malformed: 0, dropped: 0 };
  for (let count = 0; count < packets; count += 1) {
    const packet = mutate(random);
    kinds[answerOne(packet, `seed ${seed}, packet ${count}: ${packet.toString("hex")}`)] += 1;
  }
  // A mutator that only ever makes one kind of packet would prove nothing.
  if (packets >= 10_000) {
    expect(Math.min(...Object.values(kinds)), JSON.stringify(kinds)).toBeGreaterThan(packets / 100);
  }
});

function answerOne(packet: Buffer, where: string) {
  try {
    const message = parseMessage(packet);
    const limit = responseLimit(message, "udp");
    const answer = formatResponse(
      message,
      decideDns(message, zones, { turn: 1, asker }).response,
      limit,
    );
    expect(answer.length, where).toBeLessThanOrEqual(limit);
    expect((answer[2] ?? 0) & 0x80, where).toBe(0x80);
    readAnswer(answer);
    return message.kind;
  } catch (error) {
    if (error instanceof WireError) return "dropped";
    throw new Error(where, { cause: error });
  }
}

function mutate(random: () => number): Buffer {
  const below = (limit: number) => Math.floor(random() * limit);
  const packet = Buffer.from(Seeds[below(Seeds.length)] ?? Buffer.alloc(0));
  for (let times = below(4); times > 0; times -= 1) {
    const at = below(packet.length);
    const interesting = [0, 1, 63, 64, 0x80, 0xc0, 0xff, below(256)];
    packet[random() < 0.3 ? below(12) : at] = interesting[below(8)] ?? 0;
  }
  const cut = random();
  if (cut < 0.1) return packet.subarray(0, below(packet.length + 1));
  if (cut < 0.15) return Buffer.concat([packet, Buffer.alloc(below(40), below(256))]);
  if (cut < 0.16) return Buffer.concat([packet, Buffer.alloc(5_000)]);
  return packet;
}

// An EDNS client subnet option (RFC 7871), which the packet library looks inside.
function ecs(): Buffer {
  return Buffer.from([0, 11, 0, 8, 0, 7, 0, 1, 24, 0, 10, 77, 0]);
}

function mulberry(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
