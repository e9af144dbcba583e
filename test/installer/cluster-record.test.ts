import { expect, it } from "vitest";
import {
  type ClusterRecord,
  forgetNode,
  formatClusterState,
  parseClusterState,
  withArrival,
} from "../../src/installer/cluster-record.ts";
import { clusterOf, fakeSecrets } from "../support/cluster.ts";

const record: ClusterRecord = {
  secrets: fakeSecrets(clusterOf("ha")),
  generations: new Map([["node1", 2]]),
  arrived: new Set(["node1"]),
  site: { origin: "http://boot.lan:8080" },
  applied: [{ kind: "group", name: "ha-node1" }],
};

it("reads what it writes", () => {
  const { secrets: _, ...state } = record;
  expect(parseClusterState(formatClusterState(record))).toEqual(state);
});

it.each([
  { name: "no JSON", odd: "{", want: "text: want JSON, got something else" },
  { name: "another format", odd: { format: 2 }, want: "format: want 1" },
  {
    name: "an entry of no kind",
    odd: { applied: [{ kind: "x" }] },
    want: "applied: want ignition",
  },
  { name: "an origin that is no text", odd: { site: { origin: 1 } }, want: "origin: want text" },
  {
    name: "a count that is none",
    odd: { generations: { a: 0 } },
    want: "generations: want counts",
  },
])("refuses $name", ({ odd, want }) => {
  const whole = JSON.parse(formatClusterState(record));
  const text = typeof odd === "string" ? odd : JSON.stringify({ ...whole, ...odd });
  expect(() => parseClusterState(text)).toThrow(want);
});

it("takes those for arrived that were made anew before that was kept", () => {
  const { arrived: _, site: __, ...old } = JSON.parse(formatClusterState(record));
  const state = parseClusterState(JSON.stringify(old));
  expect([[...state.arrived], state.site]).toEqual([["node1"], {}]);
});

it("lets a machine found an etcd that came to one before, when it is forgotten", () => {
  const came = withArrival(record, "node2");
  expect([...came.arrived]).toEqual(["node1", "node2"]);
  expect([...forgetNode(came, "node2").arrived]).toEqual(["node1"]);
});

it("forgets of a machine what it must not have again, and of the others nothing", () => {
  const [node, other] = [...record.secrets.joinTokens.keys()];
  if (node === undefined || other === undefined) throw new Error("want two machines");
  const next = forgetNode(record, node);
  expect([next.secrets.joinTokens.has(node), next.secrets.joinTokens.has(other)]).toEqual([
    false,
    true,
  ]);
  const keys = [...next.secrets.certificates.keys()];
  expect(keys.some((key) => key.endsWith(`@${node}`))).toBe(false);
  expect(next.secrets.authorities).toEqual(record.secrets.authorities);
  expect(next.generations.get(node)).toBe((record.generations.get(node) ?? 1) + 1);
});
