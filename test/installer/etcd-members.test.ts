import { describe, expect, it } from "vitest";
import {
  decideArrival,
  decideDeparture,
  type EtcdMember,
  isHealthy,
  isUnsettled,
  parseMembers,
  planReplacement,
} from "../../src/installer/etcd-members.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { clusterOf } from "../support/cluster.ts";

const [node] = clusterOf("smallest").nodes;
if (node === undefined) throw new Error("want a machine");
const peer = (id: string, name: string, address: string): EtcdMember => ({
  ...{ id, name, peerUrls: [`https://${address}:2380`], isLearner: false },
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
        { kind: "add", peerUrl, isLearner: false },
      ],
    },
    {
      name: "one that is out already",
      members: [other],
      want: [{ kind: "add", peerUrl, isLearner: false }],
    },
    {
      name: "two of its name",
      members: [peer("1", node.name, ours), peer("3", node.name, "10.77.0.98")],
      want: [
        { kind: "remove", id: "1" },
        { kind: "remove", id: "3" },
        { kind: "add", peerUrl, isLearner: false },
      ],
    },
  ];
  it.each(rows)("of $name", ({ members, want }) => {
    expect(planReplacement(members, node)).toEqual(want);
  });

  it("does nothing the second time", () => {
    const [, added] = planReplacement([peer("1", node.name, ours)], node);
    if (added?.kind !== "add") throw new Error("want an addition");
    const waiting = { id: "5", name: "", peerUrls: [added.peerUrl], isLearner: false };
    expect(planReplacement([other, waiting], node)).toEqual([]);
  });
});

describe("decideArrival", () => {
  const other = peer("2", "other", "10.77.0.99");
  const learner = { ...peer("3", "", "10.77.0.98"), isLearner: true };
  const peerUrl = `https://${ours}:2380`;
  const step = (what: object) => ({ kind: "step", step: what });
  it.each([
    { name: "a stranger", members: [other], want: step({ kind: "add", peerUrl, isLearner: true }) },
    {
      name: "one that has not come",
      members: [other, { ...peer("1", "", ours), isLearner: true }],
      want: step({ kind: "promote", id: "1" }),
    },
    {
      name: "one with a vote",
      members: [other, peer("1", node.name, ours)],
      want: { kind: "none" },
    },
    {
      name: "a stranger while another waits",
      members: [other, learner],
      want: { kind: "refuse", sentence: expect.stringContaining("https://10.77.0.98:2380") },
    },
  ])("of $name", ({ members, want }) => {
    expect(decideArrival(members, { ...node, address: parseIpv4(ours) })).toEqual(want);
  });
});

// Members by letter: c is ours, v another with a vote, l a learner; a capital is well.
describe("decideDeparture", () => {
  const remove = { kind: "step", step: { kind: "remove", id: "0" } };
  const refuse = (part: string) => ({ kind: "refuse", sentence: expect.stringContaining(part) });
  it.each([
    { members: "", want: { kind: "none" } },
    { members: "V", want: { kind: "none" } },
    { members: "C", want: refuse("the last member") },
    { members: "c", want: refuse("no quorum: 0 of its 1") },
    { members: "CL", want: refuse("the last member") },
    { members: "CV", want: remove },
    { members: "cV", want: refuse("no quorum: 1 of its 2") },
    { members: "Cv", want: refuse("no quorum: 1 of its 2") },
    { members: "CVV", want: remove },
    { members: "cVV", want: remove },
    { members: "CVv", want: refuse("2 members of which 1 are well, and it takes 2") },
    { members: "cVv", want: refuse("no quorum: 1 of its 3") },
    { members: "CVVV", want: remove },
    { members: "cVVV", want: remove },
    { members: "CVVv", want: remove },
    { members: "cVVv", want: refuse("no quorum: 2 of its 4") },
    { members: "CVVVV", want: remove },
    { members: "CVVvv", want: refuse("4 members of which 2 are well, and it takes 3") },
    { members: "cVVVv", want: remove },
    { members: "CVVVVl", want: remove },
  ])("of c from $members", ({ members, want }) => {
    const rows = [...members].map((letter, at): EtcdMember => {
      const isOurs = letter.toLowerCase() === "c";
      const row = peer(String(at), isOurs ? node.name : `o${at}`, `10.77.1.${at}`);
      return { ...row, isLearner: letter.toLowerCase() === "l" };
    });
    const well = rows.filter((_, at) => /[CVL]/.test(members[at] ?? ""));
    expect(decideDeparture(rows, new Set(well.map(({ id }) => id)), node)).toEqual(want);
  });

  it("lets a learner go at any time that there is a quorum", () => {
    const own = { ...peer("9", "", ours), isLearner: true };
    const decision = decideDeparture([peer("1", "other", "10.77.0.99"), own], new Set(["1"]), {
      ...node,
      address: parseIpv4(ours),
    });
    expect(decision).toEqual({ kind: "step", step: { kind: "remove", id: "9" } });
  });
});

describe("parseMembers", () => {
  it("reads what etcd says, members without a name too", () => {
    const text = JSON.stringify({
      members: [
        { ID: "10501334649042878790", name: "a", peerURLs: ["https://10.77.0.11:2380"] },
        { ID: "7", peerURLs: ["https://10.77.0.12:2380"], isLearner: true },
      ],
    });
    expect(parseMembers(text)).toEqual([
      {
        id: "10501334649042878790",
        name: "a",
        peerUrls: ["https://10.77.0.11:2380"],
        isLearner: false,
      },
      { id: "7", name: "", peerUrls: ["https://10.77.0.12:2380"], isLearner: true },
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

describe("isUnsettled", () => {
  it.each([
    ['etcd refuses /v3/cluster/member/add: {"error":"etcdserver: unhealthy cluster"}', true],
    ['etcd refuses /v3/cluster/member/promote: {"error":"etcdserver: can only promote"}', false],
    ["etcd is silent", false],
  ])("%s: %s", (refusal, want) => {
    expect(isUnsettled(refusal)).toBe(want);
  });
});
