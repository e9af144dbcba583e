import { describe, expect, it } from "vitest";
import { sipHash } from "../../src/dns/siphash.ts";

const key = Uint8Array.from({ length: 16 }, (_, at) => at);

describe("sipHash", () => {
  // From the reference's own table: texts 00, 00 01, 00 01 02 and so on.
  it.each([
    [0, "310e0edd47db6f72"],
    [1, "fd67dc93c539f874"],
    [2, "5a4fa9d909806c0d"],
    [7, "37d1018bf50002ab"],
    [8, "6224939a79f5f593"],
    [15, "e545be4961ca29a1"],
  ])("of %i bytes is the reference's", (length, want) => {
    const text = Uint8Array.from({ length }, (_, at) => at);
    expect(Buffer.from(sipHash(key, text)).toString("hex")).toBe(want);
  });

  it("changes with each bit of the key and the text", () => {
    const hashes = new Set<string>();
    const flip = (bytes: Uint8Array, bit: number) =>
      bytes.map((byte, at) => (at === bit >>> 3 ? byte ^ (1 << (bit & 7)) : byte));
    const text = Uint8Array.from({ length: 20 }, (_, at) => at * 7);
    const add = (hash: Uint8Array) => hashes.add(Buffer.from(hash).toString("hex"));
    for (let bit = 0; bit < 160; bit += 1) add(sipHash(key, flip(text, bit)));
    for (let bit = 0; bit < 128; bit += 1) add(sipHash(flip(key, bit), text));
    expect(hashes.size).toBe(288);
  });
});
