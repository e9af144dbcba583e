import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "../../../src/errors.ts";
import { type HclValue, parseHcl } from "../../../src/installer/import/hcl.ts";

/** A value as JSON would have it. */
function plain(value: HclValue | undefined): unknown {
  if (value === undefined || value.kind === "null") return null;
  if (value.kind === "text") return value.text;
  if (value.kind === "list") return value.items.map(plain);
  return Object.fromEntries([...value.entries].map(([key, one]) => [key, plain(one)]));
}

describe("parseHcl", () => {
  it.each([
    { text: 'a = "x"', want: "x" },
    { text: 'a="\\"q\\" \\\\ \\n \\t \\u00e4"', want: '"q" \\ \n \t ä' },
    { text: "a = 3", want: "3" },
    { text: "a = -1.5", want: "-1.5" },
    { text: "a = true", want: "true" },
    { text: "a = null", want: null },
    { text: 'a = ["x", "y",]', want: ["x", "y"] },
    { text: "a = []", want: [] },
    { text: 'a = [\n  # one\n  "x"\n]', want: ["x"] },
    { text: 'a = { b = "1", c: "2"\n d = [3] }', want: { b: "1", c: "2", d: ["3"] } },
    { text: "a = <<E\n x\ny\nE\n", want: " x\ny\n" },
    { text: "a = <<-E\n    x\n\n      y\n    E\n", want: "x\n\n  y\n" },
    { text: "a = <<E\r\nx\r\nE\r\n", want: "x\n" },
    { text: "a = <<E\nE", want: "" },
    { text: '# c\n// d\n/* e */ a /* f */ = "x" # g', want: "x" },
    { text: '"a" = "x"', want: "x" },
  ])("reads $text", ({ text, want }) => {
    expect(plain(parseHcl(text)[0]?.value)).toEqual(want);
  });

  it("tells the line of each variable", () => {
    expect(parseHcl("a = 1\n\n# x\nb = 2").map(({ name, line }) => [name, line])).toEqual([
      ["a", 1],
      ["b", 4],
    ]);
  });

  it.each([
    { text: "a", want: /^line 1, column 2: want =, got the end$/ },
    { text: "a = \n= 1", want: /^line 2, column 1: want a value, got "= 1"$/ },
    { text: 'a = "x', want: /want text that ends with "/ },
    { text: "a = [1 2]", want: /^line 1, column 8: want , or \]/ },
    { text: "a = [1", want: /want , or \]/ },
    { text: "a = <<E\nx", want: /want a line of E alone/ },
    { text: "a = var.b", want: /want a value, got "var\.b"/ },
    { text: "/* a", want: /want \*\/ after this comment/ },
    { text: `a = ${"[".repeat(30)}`, want: /less deep/ },
  ])("refuses $text", ({ text, want }) => {
    expect(() => parseHcl(text)).toThrow(want);
  });

  it("throws nothing but WireError, whatever it is given", () => {
    const pieces = fc.constantFrom(
      "a",
      "=",
      '"',
      "[",
      "]",
      "{",
      "}",
      ",",
      "<<E\n",
      "\n",
      "#",
      "\\",
      "/*",
      "1",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        try {
          parseHcl(parts.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});
