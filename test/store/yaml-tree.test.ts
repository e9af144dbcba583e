import fc from "fast-check";
import { expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import { parseYamlTree } from "../../src/store/yaml-tree.ts";

it("gives the tree of the same JSON, each value with its place", () => {
  const text = 'a: [1, true, null, "x"]\nb: &b {c: d}\ne: *b\n';
  expect(parseYamlTree(text)).toMatchObject({
    kind: "object",
    members: [
      {
        key: "a",
        value: { kind: "list", offset: 3, items: [{ value: 1 }, {}, { kind: "null" }, {}] },
      },
      { key: "b", value: { kind: "object" } },
      { key: "e", value: { kind: "object", members: [{ key: "c", value: { value: "d" } }] } },
    ],
  });
});

it.each([
  { name: "broken text", text: "a: [" },
  { name: "a repeated key", text: "a: 1\na: 2" },
  { name: "a key that is none", text: "[a]: 1" },
  { name: "a number JSON has not", text: "a: .inf" },
  { name: "an anchor inside itself", text: "a: &a [*a]" },
  {
    name: "aliases that multiply",
    text: [
      "a0: &a0 [x]",
      ...Array.from({ length: 9 }, (_, at) => {
        return `a${at + 1}: &a${at + 1} [${Array(10).fill(`*a${at}`).join(",")}]`;
      }),
    ].join("\n"),
  },
])("refuses $name", ({ text }) => {
  expect(() => parseYamlTree(text)).toThrow(WireError);
});

it("throws nothing else, whatever the text", () => {
  const piece = fc.constantFrom(
    "a",
    ": ",
    "\n",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "&a ",
    "*a",
    "!!x ",
    "|",
    '"',
    "? ",
    "<<",
    "---\n",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      try {
        parseYamlTree(pieces.join(""));
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }),
    { numRuns: 3_000 },
  );
});
