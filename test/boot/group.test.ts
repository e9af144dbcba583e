import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  findTies,
  type Group,
  nearMisses,
  orderGroups,
  selectGroup,
} from "../../src/boot/group.ts";

const group = (file: string, selector: Record<string, string> = {}): Group => ({
  file,
  id: file,
  name: "",
  profile: "p",
  selector,
  metadata: {},
});
const order = (groups: readonly Group[]) => orderGroups(groups).map(({ file }) => file);
const select = (labels: Record<string, string>, groups: readonly Group[]) =>
  selectGroup(labels, orderGroups(groups))?.file;

describe("orderGroups", () => {
  const rows = [
    {
      name: "more selectors before fewer, the default last",
      groups: [group("none"), group("one", { z: "1" }), group("two", { a: "1", b: "1" })],
      want: ["two", "one", "none"],
    },
    {
      name: "the greatest selector text first",
      groups: [group("t", { t: "1" }), group("u", { u: "1" }), group("T", { T: "9" })],
      want: ["u", "t", "T"],
    },
    {
      name: "pairs sorted before they are compared",
      groups: [group("first", { z: "1", a: "2" }), group("second", { a: "3", b: "0" })],
      want: ["second", "first"],
    },
    {
      name: "bytes, not UTF-16 units",
      groups: [group("bmp", { k: "\uffee" }), group("astral", { k: "\u{1f600}" })],
      want: ["astral", "bmp"],
    },
    { name: "equal selectors by file name", groups: [group("b"), group("a")], want: ["a", "b"] },
  ];
  it.each(rows)("puts $name", ({ groups, want }) => {
    expect(order(groups)).toEqual(want);
  });

  it("does not depend on the order files are listed in", () => {
    const key = fc.constantFrom("a", "b", "mac", "OS");
    const selectors = fc.dictionary(key, fc.constantFrom("", "1", "x"), { maxKeys: 3 });
    const shuffled = fc
      .uniqueArray(fc.record({ file: fc.string({ minLength: 1 }), selector: selectors }), {
        selector: ({ file }) => file,
        maxLength: 20,
      })
      .map((rows) => rows.map(({ file, selector }) => group(file, selector)))
      .chain((groups) =>
        fc.tuple(fc.constant(groups), fc.shuffledSubarray(groups, { minLength: groups.length })),
      );
    const sameOrder = ([one, other]: [Group[], Group[]]) => {
      expect(order(one)).toEqual(order(other));
    };
    fc.assert(fc.property(shuffled, sameOrder));
  });
});

describe("selectGroup", () => {
  const groups = [
    group("default"),
    group("os", { os: "installed" }),
    group("both", { os: "installed", mac: "52:54:00:00:00:01" }),
    group("constructor", { constructor: "x" }),
  ];
  const rows = [
    { name: "no label", labels: {}, want: "default" },
    { name: "a value of another case", labels: { os: "Installed" }, want: "default" },
    { name: "a key of another case", labels: { OS: "installed" }, want: "default" },
    { name: "extra labels", labels: { os: "installed", x: "y" }, want: "os" },
    { name: "all of two", labels: { os: "installed", mac: "52:54:00:00:00:01" }, want: "both" },
  ];
  it.each(rows)("for $name is $want", ({ labels, want }) => {
    expect(select(labels, groups)).toBe(want);
  });

  it("takes a selector of nothing for an absent or empty label", () => {
    const empty = [group("empty", { hostname: "" })];
    expect(select({}, empty)).toBe("empty");
    expect(select({ hostname: "" }, empty)).toBe("empty");
    expect(select({ hostname: "x" }, empty)).toBeUndefined();
    expect(select({}, [group("inherited", { constructor: "" })])).toBe("inherited");
  });
});

it("nearMisses tells the closest groups first and what they wanted", () => {
  const far = group("far", { a: "1", b: "2", c: "3" });
  const near = group("near", { a: "1", b: "2" });
  expect(nearMisses({ a: "1", b: "x" }, [far, near])).toEqual([
    { group: "near", missing: [{ key: "b", want: "2", got: "x" }] },
    {
      group: "far",
      missing: [
        { key: "b", want: "2", got: "x" },
        { key: "c", want: "3", got: undefined },
      ],
    },
  ]);
});

it("findTies names groups of equal selectors, whatever the order of their keys", () => {
  const groups = [group("a", { x: "1", y: "2" }), group("b", { y: "2", x: "1" }), group("c")];
  expect(findTies(groups)).toEqual([{ selector: "x=1,y=2", files: ["a", "b"] }]);
});
