import { describe, expect, it } from "vitest";
import {
  type CatalogEntry,
  decideApply,
  entriesOf,
  entryKey,
  formatChange,
  isTicketDue,
} from "../../src/installer/apply.ts";
import { renderCluster } from "../../src/installer/plan.ts";
import { clusterOf, fakeSecrets, goodSite } from "../support/cluster.ts";

const entry = (key: string, text = "x"): CatalogEntry => {
  const [kind, name = ""] = key.split("/");
  if (kind !== "group" && kind !== "profile" && kind !== "ignition") throw new Error(key);
  return { kind, name, text };
};
const told = (changes: ReturnType<typeof decideApply>) =>
  changes.map(({ kind, entry: it }) => `${kind} ${entryKey(it)}`);

describe("decideApply", () => {
  const rows: readonly {
    name: string;
    wanted: readonly string[];
    there: Readonly<Record<string, string>>;
    ours?: readonly string[];
    want: readonly string[];
  }[] = [
    {
      name: "an empty catalog",
      wanted: ["ignition/a", "group/a"],
      there: {},
      want: ["create ignition/a", "create group/a"],
    },
    {
      name: "the same once more",
      wanted: ["group/a"],
      there: { "group/a": "x" },
      ours: ["group/a"],
      want: [],
    },
    {
      name: "another text",
      wanted: ["group/a"],
      there: { "group/a": "y" },
      want: ["update group/a"],
    },
    {
      name: "a machine less, the group first",
      wanted: [],
      there: { "group/a": "x", "ignition/a": "x", "profile/a": "x" },
      ours: ["ignition/a", "profile/a", "group/a"],
      want: ["delete group/a", "delete profile/a", "delete ignition/a"],
    },
    { name: "what somebody took away already", wanted: [], there: {}, ours: ["group/a"], want: [] },
    {
      name: "what is another's",
      wanted: [],
      there: { "group/b": "x" },
      ours: ["group/a"],
      want: [],
    },
  ];
  it.each(rows)("of $name", ({ wanted, there, ours = [], want }) => {
    const names = ours.map((key) => entry(key));
    const changes = decideApply(
      wanted.map((key) => entry(key)),
      new Map(Object.entries(there)),
      names,
    );
    expect(told(changes)).toEqual(want);
  });

  it("changes nothing the second time, of a whole cluster", () => {
    const cluster = clusterOf("smallest");
    const wanted = entriesOf(renderCluster(cluster, fakeSecrets(cluster), goodSite));
    const there = new Map(wanted.map((one) => [entryKey(one), one.text]));
    expect(decideApply(wanted, there, wanted)).toEqual([]);
    expect(decideApply(wanted, new Map(), []).length).toBe(wanted.length);
  });
});

it.each([
  { name: "one never given", known: undefined, want: true },
  { name: "one that runs", known: { expires: 10_000_000 }, want: false },
  { name: "one about to end", known: { expires: 3_000_000 }, want: true },
  { name: "one that has ended", known: { expires: 5 }, want: true },
  { name: "one that was used", known: { expires: 5, usedAt: 1 }, want: false },
])("of a token, $name is due: $want", ({ known, want }) => {
  expect(isTicketDue(known && { token: "t", ...known }, 1000)).toBe(want);
});

describe("formatChange", () => {
  it("says what comes, goes and is different", () => {
    expect(formatChange({ kind: "create", entry: entry("group/a") })).toBe("+ group/a\n");
    expect(formatChange({ kind: "delete", entry: entry("group/a") })).toBe("- group/a\n");
    const update = { kind: "update", entry: entry("group/a", '{"a":1,"b":[2,3]}') } as const;
    expect(formatChange({ ...update, before: '{"a":1,"b":[2]}' })).toBe(
      "~ group/a\n    - 2\n    + 2,\n    + 3\n",
    );
  });

  it("looks into the files of an Ignition file, shows what changed alone, and no token", () => {
    const ignition = (token: string, state: string) => {
      const texts = [
        `Authorization: Bearer ${token}\n`,
        "#!/bin/sh\nexit\n",
        `STATE=${state}\nA=1\n`,
      ];
      const files = texts.map((text) => ({
        contents: { source: `data:,${encodeURIComponent(text)}` },
      }));
      return JSON.stringify({ storage: { files } });
    };
    const text = formatChange({
      ...{ kind: "update", entry: entry("ignition/a", ignition("wxyz-5678", "existing")) },
      before: ignition("abcd-1234", "new"),
    });
    const lines = ["- Authorization: Bearer abcd…", "+ Authorization: Bearer wxyz…"];
    const all = ["~ ignition/a", ...lines, "- STATE=new", "+ STATE=existing"];
    expect(text).toBe(`${all.join("\n    ")}\n`);
  });

  it("shows the beginning of a long one", () => {
    const lines = (word: string) =>
      Array.from({ length: 40 }, (_, at) => `${word}${at}`).join("\n");
    const text = formatChange({
      ...{ kind: "update", entry: entry("ignition/a", lines("b")) },
      before: lines("a"),
    });
    expect(text.split("\n").length).toBe(27);
    expect(text).toContain("… 56 more lines");
  });
});
