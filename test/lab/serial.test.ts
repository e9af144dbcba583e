import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SerialText } from "../../src/lab/serial.ts";

const feedAll = (chunks: readonly string[]) => {
  const serial = new SerialText();
  return [...chunks.flatMap((chunk) => serial.feed(Buffer.from(chunk))), ...serial.end()];
};

describe("SerialText", () => {
  const rows = [
    { name: "cuts at every line end", chunks: ["a\r\nb\nc\rd"], want: ["a", "b", "c", "d"] },
    {
      name: "takes colours and cursor jumps out",
      chunks: ["\x1b[01;31mred\x1b[0m\x1b[2;1H\n"],
      want: ["red"],
    },
    {
      name: "joins a line that came in pieces",
      chunks: ["KIND", "LING-UP", "\n"],
      want: ["KINDLING-UP"],
    },
    { name: "joins an escape that came in pieces", chunks: ["a\x1b[", "2Jb\n"], want: ["ab"] },
    { name: "leaves empty lines out", chunks: ["\n\n \n x\n"], want: [" x"] },
  ];
  it.each(rows)("$name", ({ chunks, want }) => {
    expect(feedAll(chunks)).toEqual(want);
  });

  it("says the same however the chunks are cut", () => {
    const text = "SeaBIOS\x1b[2J\r\nBooting from ROM...\x1b[0m\n\x1b(Bok\rend";
    fc.assert(
      fc.property(fc.array(fc.nat(text.length)), (cuts) => {
        const marks = [0, ...cuts.sort((a, b) => a - b), text.length];
        const chunks = marks.slice(1).map((mark, index) => text.slice(marks[index], mark));
        expect(feedAll(chunks)).toEqual(feedAll([text]));
      }),
    );
  });

  it("keeps a bounded part of a line that never ends", () => {
    const lines = feedAll(Array(100).fill("x".repeat(1000)));
    expect(lines.map((line) => line.length)).toEqual([4096]);
  });
});
