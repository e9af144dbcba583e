import { describe, expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import { formatPcap, parsePcap } from "../../src/lab/pcap.ts";
import { formatVxlan, parseVxlan } from "../../src/lab/vxlan.ts";

const packets = Number(process.env["FUZZ_PACKETS"] ?? 50_000);
const seed = Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 32));

const parsers = [
  { name: "parsePcap", parse: parsePcap, good: formatPcap([{ at: 1, bytes: Buffer.alloc(60) }]) },
  { name: "parseVxlan", parse: parseVxlan, good: formatVxlan(1, Buffer.alloc(60)) },
];

describe("damaged bytes", () => {
  it.each(parsers)("$name throws nothing but WireError", ({ parse, good }) => {
    const random = generator(seed);
    for (let count = 0; count < packets; count += 1) {
      const bytes = mutated(good, random);
      try {
        parse(bytes);
      } catch (error) {
        const told = `seed ${seed}, packet ${count}: ${Buffer.from(bytes).toString("hex")}`;
        expect(error, told).toBeInstanceOf(WireError);
      }
    }
  });
});

// A few bytes changed, then cut or not.
function mutated(good: Uint8Array, random: () => number): Uint8Array {
  const bytes = Uint8Array.from(good);
  for (let times = 1 + (random() % 6); times > 0; times -= 1) {
    bytes[random() % Math.min(bytes.length, 48)] = random();
  }
  return random() % 2 === 0 ? bytes : bytes.subarray(0, random() % (bytes.length + 1));
}

// mulberry32: small, seeded, good enough to damage bytes.
function generator(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
