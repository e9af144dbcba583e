import { describe, expect, it } from "vitest";
import { checkLock, checkPlaces } from "./hygiene.ts";
import { fixture, readTree } from "./tree.ts";

// Joined here, so that this file is not itself a find.
const host = (name: string, owner: string) => [name, owner, "org"].join(".");
const path = (...names: string[]) => ["", ...names].join("/");

describe("checkPlaces", () => {
  it("holds in the tree", () => {
    expect(checkPlaces(readTree())).toEqual([]);
  });

  it.each([
    { name: "npm's host", text: `"https://${host("registry", "npmjs")}/koffi"` },
    { name: "Debian's host", text: `deb http://${host("deb", "debian")}/debian bookworm main` },
    { name: "a home", text: `cd ${path("home", "anna", "kindling")}` },
    { name: "root's home", text: `"${path("root", ".npmrc")}"` },
  ])("catches $name", ({ text }) => {
    expect(checkPlaces(fixture({ "docs/a.md": `\n${text}` }))).toEqual([
      expect.stringMatching(/^docs\/a\.md:2 names /),
    ]);
  });

  it.each(["see /etc/kindling/kindling.yaml", "$out/root/etc/passwd", "https://a.example/home/x"])(
    "lets '%s' pass",
    (text) => {
      expect(checkPlaces(fixture({ "docs/a.md": text }))).toEqual([]);
    },
  );
});

describe("checkLock", () => {
  it("holds in the tree", () => {
    expect(checkLock(readTree())).toEqual([]);
  });

  it("catches a lock file tied to one mirror", () => {
    const lock = JSON.stringify({ packages: { a: { version: "1.0.0", resolved: "x" } } });
    expect(checkLock(fixture({ "package-lock.json": lock }))).toHaveLength(1);
  });
});
