import { describe, expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import { parseGroup, parseProfile } from "../../src/store/parse.ts";

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
