import { describe, expect, it } from "vitest";
import {
  architectureOf,
  compareImages,
  keyFolder,
  lockFileOf,
  parseImageRef,
  partialFolder,
  publishedFolder,
  quarantineFolder,
  recipeFolder,
  stateFile,
  stateLockFile,
} from "../../../src/assets/image/layout.ts";

const folders = { published: "/srv/assets/images", work: "/srv/images" };
const id = { name: "fcos", version: "43.1", arch: "x86_64" } as const;

describe("where images lie", () => {
  it.each([
    { place: publishedFolder(folders, id), want: "/srv/assets/images/fcos/43.1/x86_64" },
    { place: partialFolder(folders, id), want: "/srv/images/partial/fcos/43.1/x86_64" },
    {
      place: quarantineFolder(folders, id, Date.UTC(2026, 10, 30, 7, 22, 4, 5)),
      want: "/srv/images/quarantine/2026-11-30T07-22-04Z-fcos-43.1-x86_64",
    },
    { place: keyFolder(folders), want: "/srv/images/keys" },
    { place: recipeFolder(folders), want: "/srv/images/recipes" },
    { place: stateFile(folders), want: "/srv/images/state.json" },
    { place: lockFileOf(folders, "fcos"), want: "/srv/images/locks/fcos" },
    { place: stateLockFile(folders), want: "/srv/images/locks/.state" },
  ])("$want", ({ place, want }) => {
    expect(place).toBe(want);
  });
});

describe("parseImageRef", () => {
  it.each([
    { text: "fcos", want: { name: "fcos" } },
    { text: "fcos@43.1", want: { name: "fcos", version: "43.1" } },
  ])("$text", ({ text, want }) => {
    expect(parseImageRef(text)).toEqual(want);
    expect(parseImageRef(text, "arm64")).toEqual({ ...want, arch: "arm64" });
  });

  it.each(["", "@43", "fcos@", "a/b", "fcos@1@2", "../x", "fcos@../1"])("refuses %j", (text) => {
    expect(() => parseImageRef(text)).toThrow(/want an image such as/);
  });
});

describe("the order of images", () => {
  it("is by name, the newest version first, by architecture", () => {
    const rows = ["b 9.9 x86_64", "a 9.9 arm64", "a 9.10 x86_64", "a 9.10 arm64"].map((row) => {
      const [name = "", version = "", arch = ""] = row.split(" ");
      return { name, version, arch: architectureOf(arch) ?? "x86_64" };
    });
    const sorted = rows.toSorted(compareImages).map((row) => Object.values(row).join(" "));
    expect(sorted).toEqual(["a 9.10 arm64", "a 9.10 x86_64", "a 9.9 arm64", "b 9.9 x86_64"]);
  });

  it("knows two architectures", () => {
    expect(["x86_64", "arm64", "mips"].map(architectureOf)).toEqual(["x86_64", "arm64", undefined]);
  });
});
