import { describe, expect, it } from "vitest";
import { udpFromPort } from "../../src/wire/packet-filter.ts";

/** Runs a program over a frame as the kernel would (the few instructions that are in use). */
function accepts(program: Uint8Array, frame: Buffer): boolean {
  const view = Buffer.from(program);
  let a = 0;
  let x = 0;
  for (let pc = 0; pc < view.length / 8; pc += 1) {
    const [code, k] = [view.readUInt16LE(8 * pc), view.readUInt32LE(8 * pc + 4)];
    const jump = (condition: boolean) => view.readUInt8(8 * pc + (condition ? 2 : 3));
    if (code === 0x06) return k > 0;
    if (code === 0x30) a = frame.readUInt8(k);
    else if (code === 0x28) a = frame.readUInt16BE(k);
    else if (code === 0x48) a = frame.readUInt16BE(x + k);
    else if (code === 0xb1) x = 4 * (frame.readUInt8(k) & 0xf);
    else if (code === 0x15) pc += jump(a === k);
    else if (code === 0x45) pc += jump((a & k) !== 0);
    else throw new Error(`no instruction ${code.toString(16)}`);
  }
  throw new Error("ran past the program's end");
}

function frame(parts: { protocol?: number; from?: number; fragment?: number; words?: number }) {
  const { protocol = 17, from = 67, fragment = 0, words = 5 } = parts;
  const bytes = Buffer.alloc(14 + 4 * words + 8);
  bytes.writeUInt8(0x40 | words, 14);
  bytes.writeUInt16BE(fragment, 20);
  bytes.writeUInt8(protocol, 23);
  bytes.writeUInt16BE(from, 14 + 4 * words);
  return bytes;
}

describe("udpFromPort", () => {
  it.each([
    { name: "takes UDP from the port", parts: {}, want: true },
    { name: "looks past IP options", parts: { words: 8 }, want: true },
    { name: "takes a first fragment and don't-fragment", parts: { fragment: 0x6000 }, want: true },
    { name: "drops a later fragment, which has no port", parts: { fragment: 185 }, want: false },
    { name: "drops another port", parts: { from: 68 }, want: false },
    { name: "drops TCP", parts: { protocol: 6 }, want: false },
  ])("$name", ({ parts, want }) => {
    expect(accepts(udpFromPort(67), frame(parts))).toBe(want);
  });
});
