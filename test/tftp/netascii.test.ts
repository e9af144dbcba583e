import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toNetascii } from "../../src/tftp/netascii.ts";

const convert = (text: string) => Buffer.from(toNetascii(Buffer.from(text))).toString();

describe("toNetascii", () => {
  const rows = [
    { name: "nothing", text: "", want: "" },
    { name: "a line end", text: "a\nb\n", want: "a\r\nb\r\n" },
    { name: "a bare carriage return", text: "a\rb", want: "a\r\0b" },
    { name: "a DOS line end, kept apart", text: "a\r\n", want: "a\r\0\r\n" },
  ];
  it.each(rows)("converts $name", ({ text, want }) => {
    expect(convert(text)).toBe(want);
  });

  it("is undone by a client that follows RFC 764", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ab\r\n]*$/), (text) => {
        const back = convert(text).replace(/\r(\n|\0)/g, (_, second) =>
          second === "\n" ? "\n" : "\r",
        );
        expect(back).toBe(text);
      }),
    );
  });
});
