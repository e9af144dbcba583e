import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../src/boot/json-value.ts";
import { formatGroup, formatJson, formatProfile } from "../../src/store/format.ts";
import { parseGroup, parseMetadata, parseProfile } from "../../src/store/parse.ts";

const group = { id: "", name: "", profile: "p", selector: {}, metadata: {} };
const profile = { id: "p", name: "", ignitionId: "", cloudId: "", genericId: "" };

describe("formatJson", () => {
  const cases: readonly { name: string; value: JsonValue; want: string }[] = [
    {
      name: "keys by their bytes",
      value: { "10": 1, "9": 2, ä: 3, Z: 4 },
      want: '{"10":1,"9":2,"Z":4,"ä":3}',
    },
    {
      name: "what HTML would read",
      value: "<a&b>\u2028",
      want: '"\\u003ca\\u0026b\\u003e\\u2028"',
    },
    {
      name: "a number beyond a float's digits",
      value: Number("12345678901234567890"),
      want: "12345678901234567000",
    },
    {
      name: "small numbers",
      value: [1e-7, 0.000001, 1e21, 1e20],
      want: "[1e-7,0.000001,1e+21,100000000000000000000]",
    },
    { name: "a negative zero", value: -0, want: "-0" },
    { name: "empty values", value: [{}, [], "", null, true], want: '[{},[],"",null,true]' },
    { name: "half a character", value: "\ud800", want: '"\ufffd"' },
    { name: "control characters", value: "\n\u0001", want: '"\\n\\u0001"' },
  ];
  it.each(cases)("writes $name", ({ value, want }) => expect(formatJson(value)).toBe(want));
});

describe("formatGroup", () => {
  it("leaves out what is empty", () => {
    expect(formatGroup(group)).toBe('{\n\t"profile": "p"\n}');
    expect(formatGroup({ ...group, metadata: { a: {}, b: [] } })).toBe(
      '{\n\t"profile": "p",\n\t"metadata": {\n\t\t"a": {},\n\t\t"b": []\n\t}\n}',
    );
  });

  it("is read back as it was", () => {
    const text = fc.string({ unit: "grapheme" }).map((some) => some.toWellFormed());
    const labels = fc.dictionary(
      text.filter((key) => key.toLowerCase() !== "mac"),
      text,
    );
    const metadata = fc.dictionary(text, fc.jsonValue({ maxDepth: 4 }));
    fc.assert(
      fc.property(
        fc.record({ id: text, name: text, profile: text, selector: labels, metadata }),
        (given) => {
          const plain = JSON.parse(JSON.stringify(given));
          expect(parseGroup("f", formatGroup(plain))).toEqual({ file: "f", ...plain });
          expect(parseMetadata(formatJson(plain.metadata))).toEqual(plain.metadata);
        },
      ),
    );
  });
});

describe("formatProfile", () => {
  it("keeps an empty boot and leaves out an absent one", () => {
    const boot = { kernel: "", initrd: [], args: [] };
    expect(formatProfile(profile)).toBe('{\n\t"id": "p"\n}');
    expect(formatProfile({ ...profile, boot, genericId: "g" })).toBe(
      '{\n\t"id": "p",\n\t"boot": {},\n\t"generic_id": "g"\n}',
    );
  });

  it("is read back as it was", () => {
    const text = fc.string({ unit: "grapheme" });
    const texts = fc.array(text);
    const names = { name: text, ignitionId: text, cloudId: text, genericId: text };
    const boot = fc.record({ kernel: text, initrd: texts, args: texts });
    fc.assert(
      fc.property(fc.record({ id: fc.string({ minLength: 1 }), ...names, boot }), (given) => {
        expect(parseProfile("f", formatProfile(given))).toEqual({ file: "f", ...given });
      }),
    );
  });
});
