import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ApiChange,
  allTrouble,
  type BringUpStep,
  clusterTrouble,
  decideBringUp,
  formatStep,
  isApiChange,
  nodeTrouble,
  type SeenApi,
  type SeenNode,
} from "../../src/installer/bring-up.ts";
import type { KubeObject } from "../../src/installer/kube-object.ts";
import type { Manifest } from "../../src/installer/manifests.ts";

const now = 1_000;
const map = (name: string): KubeObject => ({
  ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "n" } },
  data: { a: "1" },
});
const token: Manifest = { file: "token.json", object: map("token"), until: now + 1 };
const config: Manifest = { file: "config.json", object: map("config") };
const binding: Manifest = {
  file: "binding.json",
  object: {
    ...{ apiVersion: "rbac/v1", kind: "ClusterRoleBinding", metadata: { name: "b" } },
    roleRef: { name: "r" },
  },
};
const master = ["node-role.kubernetes.io/master", ""] as const;
const labels = new Map([["c1.lan", master]]);
const c1: SeenNode = { name: "c1.lan", labels: { [master[0]]: "", other: "x" } };
const all = [token, config, binding];
const there = new Map(all.map(({ file, object }) => [file, object as unknown]));
const up: SeenApi = { kind: "answers", objects: there, nodes: new Map([["c1.lan", c1]]) };
const withNode = (node: SeenNode): SeenApi => ({ ...up, nodes: new Map([[node.name, node]]) });

describe("decideBringUp", () => {
  type Row = {
    readonly name: string;
    readonly seen: SeenApi;
    readonly want: readonly BringUpStep[];
    readonly now?: number;
  };
  const rows: readonly Row[] = [
    {
      name: "waits for an API that is silent",
      seen: { kind: "silent", why: "c1: ECONNREFUSED" },
      want: [{ kind: "wait", why: "c1: ECONNREFUSED" }],
    },
    {
      name: "creates what is not there, in the order of the plan, and waits for machines",
      seen: { kind: "answers", objects: new Map(), nodes: new Map() },
      want: [
        ...all.map(({ file, object }) => ({ kind: "create", file, object }) as const),
        { kind: "wait", node: "c1.lan", why: "its kubelet has not registered" },
      ],
    },
    { name: "has nothing to do where all is there", seen: up, want: [] },
    {
      name: "puts back what somebody changed",
      seen: { ...up, objects: new Map(there).set("config.json", { ...map("config"), data: {} }) },
      want: [{ kind: "restore", ...config }],
    },
    {
      name: "replaces what cannot be changed back",
      seen: {
        ...up,
        objects: new Map(there).set("binding.json", { ...binding.object, roleRef: { name: "x" } }),
      },
      want: [{ kind: "replace", ...binding }],
    },
    {
      name: "lets a token go whose time is over",
      seen: { ...up, objects: new Map([...there].filter(([file]) => file !== "token.json")) },
      want: [],
      now: now + 1,
    },
    {
      name: "labels a machine that has registered",
      seen: withNode({ ...c1, labels: { other: "x" } }),
      want: [{ kind: "label", node: "c1.lan", label: master }],
    },
    {
      name: "labels it again where the value is another",
      seen: withNode({ ...c1, labels: { [master[0]]: "false" } }),
      want: [{ kind: "label", node: "c1.lan", label: master }],
    },
    {
      name: "labels it though it is not ready, and says why it is not",
      seen: withNode({ name: "c1.lan", labels: {}, unready: "no network" }),
      want: [
        { kind: "label", node: "c1.lan", label: master },
        { kind: "wait", node: "c1.lan", why: "NotReady: no network" },
      ],
    },
    {
      name: "leaves a machine alone that is not described",
      seen: { ...up, nodes: new Map(up.nodes).set("old", { name: "old", labels: {} }) },
      want: [],
    },
  ];
  it.each(rows)("$name", ({ seen, want, now: at = now }) => {
    const steps = decideBringUp({ manifests: all, labels }, seen, at);
    // A step has of a manifest what is sent of it.
    expect(steps).toMatchObject(want.map(({ ...step }) => without(step, "until")));
    expect(steps).toHaveLength(want.length);
  });

  it("has no change left once its changes were made, whatever was there", () => {
    const anyObject = fc.option(fc.oneof(fc.constant({}), fc.constant(map("x"))), {
      nil: undefined,
    });
    const anyNode = fc.option(
      fc.record({ labels: fc.dictionary(fc.constantFrom(master[0], "a"), fc.string()) }),
      { nil: undefined },
    );
    fc.assert(
      fc.property(fc.array(anyObject, { minLength: 3, maxLength: 3 }), anyNode, (found, node) => {
        const objects = new Map(
          all.flatMap(({ file }, at) => (found[at] === undefined ? [] : [[file, found[at]]])),
        );
        const nodes = new Map(node === undefined ? [] : [["c1.lan", { name: "c1.lan", ...node }]]);
        const seen: SeenApi = { kind: "answers", objects, nodes };
        const wish = { manifests: all, labels };
        const changes = decideBringUp(wish, seen, now).filter(isApiChange);
        expect(decideBringUp(wish, changes.reduce(made, seen), now).some(isApiChange)).toBe(false);
      }),
    );
  });
});

/** What an API server makes of a change. */
function made(seen: SeenApi, change: ApiChange): SeenApi {
  if (seen.kind === "silent") return seen;
  if (change.kind === "label") {
    const node = seen.nodes.get(change.node) ?? { name: change.node, labels: {} };
    const labels = { ...node.labels, [change.label[0]]: change.label[1] };
    return { ...seen, nodes: new Map(seen.nodes).set(change.node, { ...node, labels }) };
  }
  return { ...seen, objects: new Map(seen.objects).set(change.file, change.object) };
}

function without(step: object, field: string): object {
  return Object.fromEntries(Object.entries(step).filter(([key]) => key !== field));
}

describe("what stands in the way", () => {
  const label = { kind: "label", node: "c1.lan", label: master } as const;
  const wait = { kind: "wait", node: "c1.lan", why: "NotReady: x" } as const;
  const silent = { kind: "wait", why: "nobody answers" } as const;
  const create = { kind: "create", ...config } as const;
  it.each([
    { steps: [], node: undefined, cluster: undefined },
    { steps: [wait], node: "NotReady: x", cluster: undefined },
    { steps: [label, wait], node: `has no label ${master[0]} yet`, cluster: undefined },
    { steps: [silent], node: "nobody answers", cluster: "nobody answers" },
    { steps: [create], node: undefined, cluster: "not applied: config.json" },
    { steps: [silent, wait], node: "NotReady: x", cluster: "nobody answers" },
  ])("of $steps", ({ steps, node, cluster }) => {
    expect([nodeTrouble(steps, "c1.lan"), clusterTrouble(steps)]).toEqual([node, cluster]);
    expect(nodeTrouble(steps, "c2.lan")).toBe(
      steps.some((one) => one === silent) ? silent.why : undefined,
    );
  });

  it("is told in words once it was done", () => {
    expect([label, create].map(formatStep)).toEqual([
      "labelled c1.lan node-role.kubernetes.io/master=",
      "created ConfigMap config",
    ]);
  });
});

it("tells all that stands in the way once, the cluster's first", () => {
  const machines = new Map([
    ["c1.lan", "c1"],
    ["w1.lan", "w1"],
    ["w2.lan", "w2"],
  ]);
  const steps: readonly BringUpStep[] = [
    { kind: "wait", why: "its API server is silent" },
    { kind: "wait", why: "refused" },
    { kind: "label", node: "c1.lan", label: master },
    { kind: "wait", node: "w1.lan", why: "NotReady" },
  ];
  expect(allTrouble(steps, machines)).toEqual([
    "its API server is silent; refused",
    `c1: has no label ${master[0]} yet`,
    "w1: NotReady",
  ]);
});
