import { describe, expect, it } from "vitest";
import { parseMatchboxFlags } from "../../src/cli/matchbox-flags.ts";

const flagsOf = (argv: readonly string[], environment = {}) => {
  const call = parseMatchboxFlags(argv, environment);
  if (call.kind !== "serve") throw new Error(`got ${JSON.stringify(call)}`);
  return call.flags;
};

describe("flags", () => {
  it("have matchbox's defaults", () => {
    expect(flagsOf([])).toMatchObject({
      address: "127.0.0.1:8080",
      "rpc-address": "",
      "data-path": "/var/lib/matchbox",
      "assets-path": "/var/lib/matchbox/assets",
      "web-ssl": "false",
    });
  });

  it.each([
    { name: "one dash", argv: ["-address", "a"] },
    { name: "two dashes", argv: ["--address", "a"] },
    { name: "an equals sign", argv: ["-address=a"] },
    { name: "two dashes and an equals sign", argv: ["--address=a"] },
    { name: "the last of several", argv: ["-address=b", "-address=a"] },
    { name: "a word that ends the flags", argv: ["-address=a", "serve", "-address=b"] },
    { name: "two dashes alone that end them", argv: ["-address=a", "--", "-address=b"] },
    { name: "a switch before it", argv: ["-web-ssl", "-address", "a"] },
  ])("may be written with $name", ({ argv }) => {
    expect(flagsOf(argv).address).toBe("a");
  });

  it.each([
    { argv: ["-web-ssl"], want: "true" },
    { argv: ["-web-ssl=T"], want: "true" },
    { argv: ["-web-ssl=0"], want: "false" },
    { argv: ["-web-ssl", "false"], want: "true" },
  ])("are switches in $argv", ({ argv, want }) => {
    expect(flagsOf(argv)["web-ssl"]).toBe(want);
  });
});

describe("variables", () => {
  it("count where no flag is given", () => {
    const environment = { MATCHBOX_DATA_PATH: "/e", MATCHBOX_ADDRESS: "e", MATCHBOX_WEB_SSL: "1" };
    expect(flagsOf(["-address=a"], environment)).toMatchObject({
      "data-path": "/e",
      address: "a",
      "web-ssl": "true",
    });
  });

  it("that are empty count for nothing, unlike flags", () => {
    const environment = { MATCHBOX_ASSETS_PATH: "" };
    expect(flagsOf([], environment)["assets-path"]).toBe("/var/lib/matchbox/assets");
    expect(flagsOf(["-assets-path", ""], environment)["assets-path"]).toBe("");
  });
});

it.each([
  { argv: ["-nonsense"], environment: {}, kind: "bad-flag" },
  { argv: ["-address"], environment: {}, kind: "bad-flag" },
  { argv: ["-web-ssl=perhaps"], environment: {}, kind: "bad-flag" },
  { argv: [], environment: { MATCHBOX_WEB_SSL: "perhaps" }, kind: "bad-variable" },
  { argv: ["-version"], environment: {}, kind: "version" },
  { argv: [], environment: { MATCHBOX_VERSION: "true" }, kind: "version" },
  { argv: ["--help"], environment: {}, kind: "help" },
])("$argv with $environment is $kind", ({ argv, environment, kind }) => {
  expect(parseMatchboxFlags(argv, environment).kind).toBe(kind);
});
