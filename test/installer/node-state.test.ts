import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BootFact } from "../../src/boot/event.ts";
import type { Install } from "../../src/boot/install.ts";
import {
  clusterPercent,
  followNode,
  type KeptNode,
  NodeStages,
  type NodeState,
  nodeStateOf,
  probeNode,
  Registered,
} from "../../src/installer/node-state.ts";
import { parseMac } from "../../src/wire/mac.ts";

const mac = parseMac("52:54:00:77:00:10");
const dhcp = (
  stage: "firmware" | "ipxe" | "operating-system",
  direction: "in" | "out" = "in",
): BootFact => ({
  ...{ kind: "dhcp", direction, message: "discover", port: 67, stage },
});
const plan: BootFact = { kind: "plan", group: "g", profile: "p", kernel: "/k", initrd: [] };
const report = (stage: string, more: object = {}): BootFact => ({ kind: "report", stage, ...more });
const held: BootFact = {
  kind: "finding",
  change: "raised",
  finding: { code: "boot.install-held", severity: "error", sentence: "held", cure: "wait" },
};
const writing = report("writing", { bytes: 50, total: 200 });

function follow(facts: readonly BootFact[], from: NodeState = Registered): NodeState {
  return facts.reduce((state, fact, at) => followNode(state, { at, mac, ...fact }), from);
}

const install = [dhcp("firmware"), dhcp("ipxe"), plan, dhcp("operating-system"), report("probing")];
const installed = [...install, writing, report("installed")];

describe("followNode", () => {
  const rows: readonly { name: string; facts: readonly BootFact[]; want: Partial<NodeState> }[] = [
    { name: "nothing", facts: [], want: { stage: "registered" } },
    { name: "firmware's first word", facts: [dhcp("firmware")], want: { stage: "dhcp" } },
    { name: "our answer alone", facts: [dhcp("firmware", "out")], want: { stage: "registered" } },
    { name: "iPXE", facts: [dhcp("firmware"), dhcp("ipxe")], want: { stage: "ipxe" } },
    { name: "the live system", facts: install, want: { stage: "live", last: "probing" } },
    {
      name: "the live system's own up",
      facts: [...install, report("up")],
      want: { stage: "live" },
    },
    {
      name: "an image on its way",
      facts: [...install, writing],
      want: { stage: "installing", percent: 25 },
    },
    {
      name: "a word between two amounts",
      facts: [...install, writing, report("verifying")],
      want: { percent: 25 },
    },
    {
      name: "a failure",
      facts: [...install, report("failed", { message: "no disk" })],
      want: { stage: "live", failed: "no disk" },
    },
    {
      name: "a try after a failure",
      facts: [...install, report("failed"), report("probing"), writing],
      want: { stage: "installing", percent: 25 },
    },
    { name: "the end", facts: installed, want: { stage: "installed" } },
    {
      name: "the network again, after the end",
      facts: [...installed, dhcp("firmware"), dhcp("ipxe")],
      want: { stage: "installed" },
    },
    {
      name: "the system of the disk",
      facts: [...installed, dhcp("operating-system"), report("up")],
      want: { stage: "booted" },
    },
    {
      name: "its keys",
      facts: [...installed, report("up"), report("joined")],
      want: { stage: "joined" },
    },
    {
      name: "a machine that is installed anew",
      facts: [...installed, report("joined"), report("probing")],
      want: { stage: "live" },
    },
    {
      name: "a machine that is held",
      facts: [dhcp("ipxe"), held],
      want: { stage: "ipxe", failed: "held" },
    },
    {
      name: "a word of its own",
      facts: [...installed, report("tea")],
      want: { stage: "installed", last: "tea" },
    },
  ];
  it.each(rows)("after $name", ({ facts, want }) => {
    expect(follow(facts)).toMatchObject(want);
  });

  it("forgets why a machine failed when it goes on", () => {
    expect(follow([...install, report("failed"), writing])).not.toHaveProperty("failed");
  });

  it("goes back for nothing but an installer", () => {
    const facts = fc.constantFrom(
      dhcp("firmware"),
      dhcp("ipxe"),
      dhcp("operating-system"),
      plan,
      report("up"),
      report("joined"),
      held,
    );
    fc.assert(
      fc.property(fc.array(facts), fc.array(facts), (before, after) => {
        const [a, b] = [follow(before), follow(after, follow(before))];
        return NodeStages.indexOf(b.stage) >= NodeStages.indexOf(a.stage);
      }),
    );
  });
});

describe("nodeStateOf", () => {
  const kept = (stage: Install["stage"], message?: string): KeptNode => ({
    install: { generation: "1", stage, at: 5, starts: [5], ...(message && { message }) },
  });
  it.each([
    { name: "nothing", node: {}, want: { stage: "registered" } },
    { name: "an offer", node: kept("offered"), want: { stage: "ipxe" } },
    { name: "an installation", node: kept("installing"), want: { stage: "installing" } },
    {
      name: "one that failed",
      node: kept("failed", "no disk"),
      want: { stage: "installing", failed: "no disk" },
    },
    { name: "one that ended", node: kept("installed"), want: { stage: "installed" } },
    { name: "a system", node: kept("up"), want: { stage: "booted" } },
    { name: "one with its keys", node: { ...kept("up"), joinedAt: 6 }, want: { stage: "joined" } },
    {
      name: "one that is installed anew",
      node: { ...kept("installing"), joinedAt: 4 },
      want: { stage: "installing" },
    },
  ])("of $name", ({ node, want }) => {
    expect(nodeStateOf(node)).toMatchObject(want);
  });
});

it("is ready once, and says later what does not answer", () => {
  const ready = probeNode(follow([report("joined")]), 9, undefined);
  expect(ready.stage).toBe("ready");
  expect(probeNode(ready, 10, "etcd is silent")).toMatchObject({
    stage: "ready",
    failed: "etcd is silent",
  });
  expect(probeNode(Registered, 10, "etcd is silent")).toEqual({
    stage: "registered",
    last: "etcd is silent",
  });
});

it("adds up how far all are", () => {
  expect(clusterPercent([])).toBe(0);
  expect(clusterPercent([{ stage: "ready" }, { stage: "registered" }])).toBe(50);
  expect(clusterPercent([{ stage: "installing", percent: 100 }])).toBe(70);
});
