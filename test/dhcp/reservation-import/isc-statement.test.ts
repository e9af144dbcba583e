import { expect, it } from "vitest";
import { parseIsc } from "../../../src/dhcp/reservation-import/isc-statement.ts";

it("is words, then a semicolon or a block", () => {
  const text = 'a "b;{c" d, e; # f;\ng h {\n  i;\n  j { k; }\n}';
  expect(parseIsc(text)).toEqual({
    statements: [
      { line: 1, words: ["a", "b;{c", "d", ",", "e"] },
      {
        line: 2,
        words: ["g", "h"],
        block: [
          { line: 3, words: ["i"] },
          { line: 4, words: ["j"], block: [{ line: 4, words: ["k"] }] },
        ],
      },
    ],
    faults: [],
  });
});

it.each([
  ['a "b\nc;', [], [{ line: 1, words: ["a", "b", "c"] }]],
  ["a { b }", [{ line: 1, text: "b" }], [{ line: 1, words: ["a"], block: [] }]],
  [
    "a }",
    [
      { line: 1, text: "a" },
      { line: 1, text: "}" },
    ],
    [],
  ],
])("%j has the faults %j", (text, faults, statements) => {
  expect(parseIsc(text)).toEqual({ statements, faults });
});
