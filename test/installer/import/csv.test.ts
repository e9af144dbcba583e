import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "../../../src/errors.ts";
import { parseCsv } from "../../../src/installer/import/csv.ts";

const cells = (text: string) => parseCsv(text).map((row) => row.cells);

describe("parseCsv", () => {
  it.each([
    {
      name: "commas",
      text: "a,b\n1,2\n",
      want: [
        ["a", "b"],
        ["1", "2"],
      ],
    },
    {
      name: "semicolons",
      text: "a;b;c,d\n1;2;3",
      want: [
        ["a", "b", "c,d"],
        ["1", "2", "3"],
      ],
    },
    {
      name: "tabs",
      text: "a\tb\r\n1\t2\r\n",
      want: [
        ["a", "b"],
        ["1", "2"],
      ],
    },
    { name: "quotes", text: '"a,b","c""d"\n', want: [["a,b", 'c"d']] },
    {
      name: "a line in quotes",
      text: '"a\nb",c\nd,e',
      want: [
        ["a\nb", "c"],
        ["d", "e"],
      ],
    },
    { name: "blank lines", text: "\n\na,b\n,\n", want: [["a", "b"]] },
    { name: "a byte order mark", text: "\uFEFFa,b", want: [["a", "b"]] },
    {
      name: "empty cells",
      text: "a,,c\n,b,",
      want: [
        ["a", "", "c"],
        ["", "b", ""],
      ],
    },
    { name: "nothing", text: "", want: [] },
  ])("reads $name", ({ text, want }) => {
    expect(cells(text)).toEqual(want);
  });

  it("knows the line that each row begins in", () => {
    expect(parseCsv('a\n"b\nc"\n\nd').map(({ line }) => line)).toEqual([1, 2, 5]);
  });

  it.each(['"a" b,c', '"a'])("refuses %s", (text) => {
    expect(() => parseCsv(text)).toThrow(/^line 1: want a separator/);
  });

  it("reads back what was written with every cell in quotes", () => {
    const cell = fc.string({ maxLength: 8 }).map((text) => text.replace(/[\r]/g, "").trim());
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 3 }), { maxLength: 5 });
    fc.assert(
      fc.property(table, (rows) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const text = `x,y,z\n${rows.map((row) => row.map(quoted).join(",")).join("\n")}`;
        const want = rows.filter((row) => row.some((one) => one !== ""));
        expect(cells(text).slice(1)).toEqual(want);
      }),
    );
  });

  it("throws nothing but WireError, whatever it is given", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('"', ",", "\n", "a", ";") }), (text) => {
        try {
          parseCsv(text);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});
