import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identifyQuery } from "../../src/boot/identify.ts";

const labelsOf = (query: string) => identifyQuery(query).identity.labels;

describe("identifyQuery", () => {
  const mac = "52:54:00:ab:cd:ef";
  const rows: { name: string; query: string; want: Record<string, unknown> }[] = [
    { name: "nothing", query: "", want: {} },
    { name: "plus and escapes", query: "a+b=c%20d&%65=%C3%BC", want: { "a b": "c d", e: "ü" } },
    { name: "a key without value", query: "k&l=", want: { k: "", l: "" } },
    { name: "an empty key", query: "=v", want: { "": "v" } },
    { name: "an equals sign in a value", query: "k=a=b", want: { k: "a=b" } },
    { name: "empty pairs", query: "&&a=1&", want: { a: "1" } },
    { name: "a repeated key", query: "a=1&a=2", want: { a: "1" } },
    { name: "a bad escape", query: "a=%zz&b=2&c=%4", want: { b: "2" } },
    { name: "a semicolon", query: "a=1;b=2&c=3", want: { c: "3" } },
    { name: "a MAC of iPXE", query: "mac=52-54-00-ab-cd-ef", want: { mac } },
    { name: "a MAC key as spelt", query: "Mac=52:54:00:AB:CD:EF", want: { Mac: mac } },
    { name: "a bad MAC", query: "mac=52:54&uuid=x", want: { uuid: "x" } },
    { name: "an empty MAC", query: "mac=&a=1", want: { a: "1" } },
    { name: "a bad first and a good second MAC", query: `mac=x&mac=${mac}`, want: {} },
    { name: "a uuid of any case", query: "uuid=ABC", want: { uuid: "ABC" } },
    { name: "a name every object has", query: "constructor=1", want: { constructor: "1" } },
  ];
  it.each(rows)("reads $name", ({ query, want }) => {
    expect(labelsOf(query)).toEqual(want);
  });

  it("keeps a label called __proto__ as a label", () => {
    expect(Object.entries(labelsOf("__proto__=x"))).toEqual([["__proto__", "x"]]);
  });

  it("knows the machine by what it can read, and leaves out what is empty", () => {
    const query = `mac=${mac}&uuid=4C4C4544-0051-3010-8051-B4C04F4E3732&serial=&hostname=n1`;
    expect(identifyQuery(query).identity).toMatchObject({
      mac,
      uuid: "4c4c4544-0051-3010-8051-b4c04f4e3732",
      hostname: "n1",
    });
    expect(identifyQuery(query).identity).not.toHaveProperty("serial");
  });

  it("takes an InfiniBand address as a label, not as an Ethernet address", () => {
    const long = Array(20).fill("0a").join(":");
    const { labels, ...rest } = identifyQuery(`mac=${long}`).identity;
    expect([labels, rest]).toEqual([{ mac: long }, {}]);
  });

  it("says what it could not use", () => {
    expect(identifyQuery("mac=x&a=%zz").problems).toEqual([
      { kind: "bad-pair", text: "a=%zz" },
      { kind: "bad-mac", text: "x" },
    ]);
  });

  it("reads back what encodeURIComponent wrote", () => {
    const pairs = fc.dictionary(
      fc.string({ unit: "grapheme" }).filter((key) => key.toLowerCase() !== "mac"),
      fc.string({ unit: "grapheme" }),
    );
    const write = (labels: Record<string, string>) =>
      Object.entries(labels)
        .map((pair) => pair.map(encodeURIComponent).join("="))
        .join("&");
    const readBack = (labels: Record<string, string>) => {
      expect(Object.entries(labelsOf(write(labels))).sort()).toEqual(Object.entries(labels).sort());
    };
    fc.assert(fc.property(pairs, readBack));
  });
});
