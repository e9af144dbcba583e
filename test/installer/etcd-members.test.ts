import { describe, expect, it } from "vitest";
import { isHealthy, parseMembers, planReplacement } from "../../src/installer/etcd-members.ts";
import { clusterOf } from "../support/cluster.ts";

const [node] = clusterOf("smallest").nodes;
if (node === undefined) throw new Error("want a machine");
const peer = (id: string, name: string, address: string) => ({
  ...{ id, name, peerUrls: [`https://${address}:2380`] },
});
const ours = "10.77.0.11";

describe("planReplacement", () => {
  const peerUrl = expect.stringMatching(/^https:\/\/10\.77\.0\.\d+:2380$/);
  const other = peer("2", "other", "10.77.0.99");
  const rows = [
    {
      name: "a member that died",
      members: [peer("1", node.name, ours), other],
      want: [
        { kind: "remove", id: "1" },
        { kind: "add", peerUrl },
      ],
    },
    { name: "one that is out already", members: [other], want: [{ kind: "add", peerUrl }] },
    {
      name: "two of its name",
      members: [peer("1", node.name, ours), peer("3", node.name, "10.77.0.98")],
      want: [
        { kind: "remove", id: "1" },
        { kind: "remove", id: "3" },
        { kind: "add", peerUrl },
      ],
    },
  ];
  it.each(rows)("of $name", ({ members, want }) => {
    expect(planReplacement(members, node)).toEqual(want);
  });

  it("does nothing the second time", () => {
    const [, added] = planReplacement([peer("1", node.name, ours)], node);
    if (added?.kind !== "add") throw new Error("want an addition");
    const waiting = { id: "5", name: "", peerUrls: [added.peerUrl] };
    expect(planReplacement([other, waiting], node)).toEqual([]);
  });
});

describe("parseMembers", () => {
  it("reads what etcd says, members without a name too", () => {
    const text = JSON.stringify({
      members: [
        { ID: "10501334649042878790", name: "a", peerURLs: ["https://10.77.0.11:2380"] },
        { ID: "7", peerURLs: ["https://10.77.0.12:2380"] },
      ],
    });
    expect(parseMembers(text)).toEqual([
      { id: "10501334649042878790", name: "a", peerUrls: ["https://10.77.0.11:2380"] },
      { id: "7", name: "", peerUrls: ["https://10.77.0.12:2380"] },
    ]);
  });

  it.each([
    "{",
    "{}",
    '{"members":[{}]}',
    '{"members":[{"ID":7}]}',
    '{"members":[{"ID":"1","name":2}]}',
  ])("refuses %s", (text) => {
    expect(() => parseMembers(text)).toThrow(/etcd's answer/);
  });
});

it.each([
  ['{"health":"true"}', true],
  ['{"health":true}', true],
  ['{"health":"false"}', false],
  ["{}", false],
])("takes %s for health %s", (text, want) => {
  expect(isHealthy(text)).toBe(want);
});
