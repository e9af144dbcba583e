import { expect, it } from "vitest";
import { explainGroups } from "../../src/boot/explain.ts";
import { type Group, orderGroups } from "../../src/boot/group.ts";

const group = (file: string, selector: Record<string, string> = {}): Group => {
  return { file, id: "", name: "", profile: "", selector, metadata: {} };
};

it("says of each group whether it matches, and if not, every reason", () => {
  const groups = orderGroups([
    group("default"),
    group("node", { mac: "52:54:00:00:00:01" }),
    group("installed", { mac: "52:54:00:00:00:01", os: "installed" }),
    group("other", { os: "x", mac: "52:54:00:00:00:02" }),
  ]);
  expect(explainGroups({ mac: "52:54:00:00:00:01", os: "" }, groups)).toEqual([
    {
      kind: "no-match",
      group: "other",
      reasons: [
        'selector os=x: label is ""',
        'selector mac=52:54:00:00:00:02: label is "52:54:00:00:00:01"',
      ],
    },
    { kind: "no-match", group: "installed", reasons: ['selector os=installed: label is ""'] },
    { kind: "selected", group: "node" },
    { kind: "outranked", group: "default", by: "node" },
  ]);
  expect(explainGroups({}, groups)[1]).toMatchObject({
    reasons: [
      "selector mac=52:54:00:00:00:01: label absent",
      "selector os=installed: label absent",
    ],
  });
});
