import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import { type JsonNode, parseJsonTree, positionOf } from "../../src/store/json-tree.ts";

/** The tree as JSON.parse would give it. */
function plain(node: JsonNode): unknown {
  if (node.kind === "null") return null;
  if (node.kind === "list") return node.items.map(plain);
  if (node.kind !== "object") return node.value;
  return Object.fromEntries(node.members.map(({ key, value }) => [key, plain(value)]));
}

/** What JSON.parse says of a text: its value, or that it is none. */
function reference(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return SyntaxError;
  }
}

function ours(text: string): unknown {
  try {
    return plain(parseJsonTree(text));
  } catch (error) {
    if (error instanceof WireError) return SyntaxError;
    throw error;
  }
}

describe("parseJsonTree", () => {
  it("reads what JSON.stringify writes, blanks or not", () => {
    const cases = fc.tuple(fc.jsonValue({ stringUnit: "grapheme" }), fc.constantFrom(0, 1, "\t"));
    const agree = ([value, indent]: [unknown, string | number]) => {
      const text = JSON.stringify(value, null, indent);
      expect(ours(text)).toEqual(reference(text));
    };
    fc.assert(fc.property(cases, agree));
  });

  it("agrees with JSON.parse on any text of JSON's characters", () => {
    const texts = fc.string({ unit: fc.constantFrom(...'{}[]":,\\u0019aeE+-. \ntrfalsn') });
    const agree = (text: string) => {
      expect(ours(text)).toEqual(reference(text));
    };
    fc.assert(fc.property(texts, agree), { numRuns: 2_000 });
  });

  it.each([
    { name: "a trailing comma", text: '{"a": 1,\n}', line: 2, column: 1, want: "a key in quotes" },
    { name: "a comment", text: "{} // x", line: 1, column: 4, want: "the end of the file" },
    { name: "a byte order mark", text: "\ufeff{}", line: 1, column: 1, want: "a value" },
    { name: "an open string", text: '{"a', line: 1, column: 4, want: 'a closing "' },
    { name: "a line end in a string", text: '["a\n"]', line: 1, column: 4, want: 'a closing "' },
    { name: "an unknown escape", text: '["\\x"]', line: 1, column: 3, want: "a known escape" },
    { name: "a huge number", text: "[1e999]", line: 1, column: 7, want: "a float64" },
    { name: "nothing", text: "", line: 1, column: 1, want: "a value" },
    { name: "deep nesting", text: "[".repeat(5000), line: 1, column: 202, want: "at most 200" },
  ])("refuses $name and says where", ({ text, line, column, want }) => {
    const refusal = expect.objectContaining({ message: expect.stringContaining(want) });
    let offset: unknown;
    try {
      parseJsonTree(text);
    } catch (error) {
      expect(error).toEqual(refusal);
      offset = error instanceof WireError ? error.details["offset"] : undefined;
    }
    expect(positionOf(text, Number(offset))).toEqual({ line, column });
  });

  it("keeps repeated keys, in order", () => {
    const tree = parseJsonTree('{"a": 1, "A": 2, "a": 3}');
    expect(tree.kind === "object" && tree.members.map(({ key }) => key)).toEqual(["a", "A", "a"]);
  });
});
