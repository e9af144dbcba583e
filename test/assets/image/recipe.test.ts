import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { missingArguments } from "../../../src/assets/image/image-profile.ts";
import { parseRecipe } from "../../../src/assets/image/recipe.ts";

const folder = new URL("../../../images/recipes/", import.meta.url);
const names = readdirSync(folder).sort();
const read = (name: string) => parseRecipe(name, readFileSync(new URL(name, folder), "utf8"));

const custom = {
  name: "mine",
  title: "Mine",
  upstream: "custom",
  mirrors: ["http://files.example"],
  channels: ["local"],
  architectures: { x86_64: "x86_64" },
  version: "1",
  files: [{ role: "kernel", from: "linux", file: "linux", sha256: "0".repeat(64) }],
  boot: { args: [], ramMib: 512, secureBoot: "unsigned" },
};

describe("the recipes that come with Kindling", () => {
  it.each(names)("%s is valid, named like its file and boots with what it requires", (name) => {
    const recipe = read(name);
    expect(`${recipe.name}.yaml`).toBe(name);
    expect(missingArguments(recipe.boot.required, recipe.boot.args)).toEqual([]);
  });

  it("are these", () => {
    expect(names.map((name) => name.replace(".yaml", ""))).toEqual([
      ...["almalinux", "debian", "fcos", "fedora", "flatcar", "rocky", "talos", "ubuntu"],
    ]);
  });

  it("pin primary keys by their whole fingerprint", () => {
    expect(read("flatcar.yaml").keys.map((key) => key.fingerprint)).toEqual([
      "f88cfedeff29a5b4d9523864e25d9aed0593b34a",
    ]);
  });
});

describe("parseRecipe", () => {
  const parse = (change: object) =>
    parseRecipe("mine.yaml", JSON.stringify({ ...custom, ...change }));

  it("takes an image of one's own", () => {
    expect(parse({})).toMatchObject({ name: "mine", keys: [], boot: { required: [] } });
  });

  const [file] = custom.files;
  it.each([
    { name: "an unknown key", change: { colour: "red" }, want: /colour/ },
    { name: "a name that leaves its folder", change: { name: "../x" }, want: /^mine.yaml: name:/ },
    { name: "a file that does", change: { files: [{ ...file, file: "../x" }] }, want: /relative/ },
    {
      name: "a short fingerprint",
      change: { keys: [{ owner: "a", fingerprint: "E25D9AED" }] },
      want: /whole/,
    },
    {
      name: "a custom image without a check",
      change: { files: [{ role: "iso", from: "a", file: "a" }] },
      want: /sha256 or signature/,
    },
    {
      name: "a signature without a key",
      change: { files: [{ ...file, signature: "a.sig" }] },
      want: /fingerprint of the key/,
    },
    { name: "a custom image without a version", change: { version: undefined }, want: /want one/ },
    {
      name: "plain HTTP with nothing signed",
      change: { upstream: "talos" },
      want: /want https without a signing key/,
    },
  ])("refuses $name", ({ change, want }) => {
    expect(() => parse(change)).toThrow(want);
  });

  it("refuses what is no YAML, and what is too long", () => {
    expect(() => parseRecipe("a", "{")).toThrow(/^a: /);
    expect(() => parseRecipe("a", `#${" ".repeat(65_536)}`)).toThrow(/at most 65536/);
  });
});
