import { describe, expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import { parseJsonTree } from "../../src/store/json-tree.ts";
import { parseGroup, parseProfile, readGroups, readProfile } from "../../src/store/parse.ts";

const emptyGroup = { file: "f", id: "", name: "", profile: "", selector: {}, metadata: {} };
const emptyProfile = { file: "f", id: "p", name: "", ignitionId: "", cloudId: "", genericId: "" };
const emptyBoot = { kernel: "", initrd: [], args: [] };

describe("parseGroup", () => {
  it.each([
    { name: "an empty object", text: "{}", want: {} },
    { name: "null", text: "null", want: {} },
    { name: "unknown keys", text: '{"spec": 1, "require": {}}', want: {} },
    {
      name: "keys of any case",
      text: '{"ID": "a", "Profile": "b"}',
      want: { id: "a", profile: "b" },
    },
    { name: "a null member", text: '{"id": "a", "selector": null}', want: { id: "a" } },
    { name: "a repeated key", text: '{"id": "a", "ID": "b", "id": "c"}', want: { id: "c" } },
    {
      name: "any metadata",
      text: '{"metadata": {"a": [1, null, {"b": true}], "__proto__": "x"}}',
      want: { metadata: JSON.parse('{"a": [1, null, {"b": true}], "__proto__": "x"}') },
    },
    {
      name: "a MAC selector in canonical form, its key as spelt",
      text: '{"selector": {"Mac": "52-54-00-AB-CD-EF", "os": "X"}}',
      want: { selector: { Mac: "52:54:00:ab:cd:ef", os: "X" } },
    },
    { name: "a null selector", text: '{"selector": {"os": null}}', want: { selector: { os: "" } } },
  ])("takes $name", ({ text, want }) => {
    expect(parseGroup("f", text)).toEqual({ ...emptyGroup, ...want });
  });

  it.each([
    { name: "a number as id", text: '{"id": 1}', offset: 7 },
    { name: "a number in a selector", text: '{"selector": {"a": 1}}', offset: 19 },
    { name: "text as metadata", text: '{"metadata": "x"}', offset: 13 },
    { name: "a list as selector", text: '{"selector": []}', offset: 13 },
    { name: "a bad MAC", text: '{"selector": {"mac": "52:54"}}', offset: 21 },
    { name: "a list as file", text: "[]", offset: 0 },
    { name: "a wrong value of a key that is repeated well", text: '{"a": 1 "b"}', offset: 8 },
  ])("refuses $name at its place", ({ text, offset }) => {
    const error = catchError(() => parseGroup("f", text));
    expect(error).toBeInstanceOf(WireError);
    expect(error).toMatchObject({ details: { offset } });
  });
});

describe("parseProfile", () => {
  it.each([
    { name: "an id", text: '{"id": "p"}', want: {} },
    { name: "an empty boot", text: '{"id": "p", "boot": {}}', want: { boot: emptyBoot } },
    { name: "a null boot", text: '{"id": "p", "boot": null}', want: {} },
    { name: "the old cmdline object", text: '{"id": "p", "cmdline": {"a": "b"}}', want: {} },
    { name: "no camel case alias", text: '{"id": "p", "ignitionId": "x"}', want: {} },
    {
      name: "keys of any case",
      text: '{"id": "p", "IGNITION_ID": "x"}',
      want: { ignitionId: "x" },
    },
    {
      name: "a whole boot",
      text: '{"id":"p","boot":{"kernel":"k","initrd":["a","b"],"args":["c=d",null]}}',
      want: { boot: { kernel: "k", initrd: ["a", "b"], args: ["c=d", ""] } },
    },
  ])("takes $name", ({ text, want }) => {
    expect(parseProfile("f", text)).toEqual({ ...emptyProfile, ...want });
  });

  it.each([
    { name: "no id", text: "{}" },
    { name: "an empty id", text: '{"id": ""}' },
    { name: "a text as initrd", text: '{"id": "p", "boot": {"initrd": "x"}}' },
    { name: "a number in args", text: '{"id": "p", "boot": {"args": [1]}}' },
    { name: "a text as boot", text: '{"id": "p", "boot": "x"}' },
  ])("refuses $name", ({ text }) => {
    expect(() => parseProfile("f", text)).toThrow(WireError);
  });
});

function catchError(run: () => void): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("Kindling's dialect", () => {
  const groups = (text: string, dialect: "kindling" | "matchbox" = "kindling") =>
    readGroups("g", parseJsonTree(text), dialect);

  it("has a group for each combination of listed values", () => {
    const text =
      '{"selector": {"mac": ["52-54-00-00-00-01", "52:54:00:00:00:02"], "os": ["a", "a"]}}';
    expect(groups(text).map(({ selector }) => selector)).toEqual([
      { mac: "52:54:00:00:00:01", os: "a" },
      { mac: "52:54:00:00:00:02", os: "a" },
    ]);
    expect(() => groups(text, "matchbox")).toThrow("want a string for selector");
  });

  it("has neither no group nor too many", () => {
    const many = JSON.stringify(Array.from({ length: 100 }, (_, index) => `${index}`));
    expect(() => groups('{"selector": {"os": []}}')).toThrow("want selectors for 1 to 4096");
    expect(() => groups(`{"selector": {"a": ${many}, "b": ${many}}}`)).toThrow("got for 10000");
  });

  it("reads what a profile may say more, and matchbox's does not", () => {
    const text =
      '{"id": "p", "metadata": {"a": 1}, "generic": {"ks": "k"}, "boot": {"template": true}}';
    const read = (dialect: "kindling" | "matchbox") =>
      readProfile("p", parseJsonTree(text), dialect);
    expect(read("kindling")).toMatchObject({
      metadata: { a: 1 },
      generics: new Map([["ks", "k"]]),
      boot: { template: true },
    });
    expect(read("matchbox")).not.toHaveProperty("metadata");
    expect(read("matchbox").boot).not.toHaveProperty("template");
  });
});
