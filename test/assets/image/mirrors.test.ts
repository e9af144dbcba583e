import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { safeUrls, treeOf, urlsOf } from "../../../src/assets/image/mirrors.ts";
import { parseRecipe } from "../../../src/assets/image/recipe.ts";

const recipeOf = (name: string) => {
  const file = new URL(`../../../images/recipes/${name}.yaml`, import.meta.url);
  return parseRecipe(name, readFileSync(file, "utf8"));
};
const wish = { channel: "stable", arch: "x86_64" } as const;

describe("urlsOf", () => {
  it("puts a path below each mirror", () => {
    expect(urlsOf(recipeOf("flatcar"), wish, "amd64-usr/current/version.txt")).toEqual([
      {
        mirror: "https://stable.release.flatcar-linux.net",
        url: "https://stable.release.flatcar-linux.net/amd64-usr/current/version.txt",
      },
      {
        mirror: "https://flatcar.cdn.cncf.io/stable",
        url: "https://flatcar.cdn.cncf.io/stable/amd64-usr/current/version.txt",
      },
    ]);
  });

  it("has a whole URL of the upstream from the mirrors", () => {
    const recipe = { ...recipeOf("fcos"), mirrors: ["https://lan.example/fcos/"] };
    const path = "https://builds.coreos.fedoraproject.org/prod/x";
    expect(urlsOf(recipe, wish, path)).toEqual([
      { mirror: "https://lan.example/fcos", url: "https://lan.example/fcos/prod/x" },
    ]);
  });

  it("leaves another whole URL alone", () => {
    const url = "https://builds.coreos.fedoraproject.org.evil.example/x";
    expect(urlsOf(recipeOf("fcos"), wish, url)).toEqual([{ url }]);
    expect(urlsOf(recipeOf("talos"), wish, "https://api.example/x")).toHaveLength(1);
  });
});

describe("safeUrls", () => {
  const urls = [{ url: "http://a.example/x" }, { url: "https://b.example/x" }];
  it("takes HTTPS alone where nobody signs", () => {
    expect(safeUrls(urls, {}, "x")).toEqual([urls[1]]);
    expect(safeUrls(urls, { sha256: "a" }, "x")).toEqual(urls);
    expect(safeUrls(urls, { signature: "x.sig" }, "x")).toEqual(urls);
    expect(safeUrls(urls, { clearsigned: true }, "x")).toEqual(urls);
  });

  it("says so where that leaves none", () => {
    expect(() => safeUrls(urls.slice(0, 1), {}, "the index")).toThrow(
      "nobody signs the index, so it wants an https mirror, got http://a.example/x",
    );
  });
});

describe("treeOf", () => {
  it.each([
    [
      "fedora",
      "43",
      "https://dl.fedoraproject.org/pub/fedora/linux/releases/43/Everything/x86_64/os",
    ],
    ["debian", "13.2", "http://ftp.debian.org/debian"],
  ])("%s", (name, version, want) => {
    const tree = treeOf(recipeOf(name), { ...wish, channel: "43" }, version);
    expect(tree).toBe(want);
  });
});
