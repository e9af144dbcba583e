import { describe, expect, it } from "vitest";
import type { BootEvent } from "../../src/boot/event.ts";
import type { BringUpStep } from "../../src/installer/bring-up.ts";
import { fullName } from "../../src/installer/cluster.ts";
import {
  isApiDue,
  type KnownMachines,
  machineProgress,
  machineTrouble,
  servicesOf,
} from "../../src/installer/machine-progress.ts";
import { clusterOf } from "../support/cluster.ts";

const [plain, kube, external] = [clusterOf("smallest"), clusterOf("ha"), clusterOf("external")];
const nodeOf = ({ nodes }: typeof plain, role: string) => {
  const node = nodes.find((one) => one.role === role);
  if (node === undefined) throw new Error(`no ${role}`);
  return node;
};
const nothing: KnownMachines = {
  events: [],
  installs: new Map(),
  joined: new Map(),
  ticketsEnd: 0,
};

describe("machineProgress", () => {
  const node = nodeOf(plain, "controller");
  const [mac = "52:54:00:00:00:00"] = node.macs;
  const report = (stage: string, at: number, of = node.macs[0]) =>
    ({ kind: "report", stage, at, ...(of && { mac: of }) }) as BootEvent;
  const installed = { generation: "1", stage: "installed", at: 5, starts: [1] } as const;
  const known = { ...nothing, installs: new Map([[mac, installed]]) };
  it.each([
    { name: "nothing", known: nothing, want: "registered" },
    { name: "its disk", known, want: "installed" },
    { name: "its first word", known: { ...known, events: [report("up", 6)] }, want: "booted" },
    {
      name: "an older word",
      known: { ...known, events: [report("probing", 4)] },
      want: "installed",
    },
    {
      name: "another's word",
      known: { ...known, events: [report("up", 6, nodeOf(plain, "worker").macs[0])] },
      want: "installed",
    },
    { name: "its keys", known: { ...known, joined: new Map([["c1", 7]]) }, want: "joined" },
  ])("is $want after $name", ({ known, want }) => {
    expect(machineProgress(node, known).stage).toBe(want);
  });
});

describe("who is asked", () => {
  it.each([
    { cluster: plain, role: "controller", want: ["etcd"] },
    { cluster: plain, role: "worker", want: [] },
    { cluster: kube, role: "controller", want: ["etcd", "api"] },
    { cluster: external, role: "controller", want: ["api"] },
    { cluster: kube, role: "infra", want: [] },
  ])("of a $role of $cluster.name: $want", ({ cluster, role, want }) => {
    expect(servicesOf(cluster, nodeOf(cluster, role))).toEqual(want);
  });

  it.each([
    { cluster: kube, joined: "c2", want: true },
    { cluster: kube, joined: "w1", want: false },
    { cluster: plain, joined: "c1", want: false },
  ])("the API of $cluster.name with $joined: $want", ({ cluster, joined, want }) => {
    const stateOf = (node: string) =>
      ({ stage: node === joined ? "joined" : "registered" }) as const;
    expect(isApiDue(cluster, stateOf)).toBe(want);
  });
});

describe("machineTrouble", () => {
  const node = nodeOf(kube, "worker");
  const own: BringUpStep = { kind: "wait", node: fullName(kube, node), why: "NotReady: x" };
  it.each([
    { found: { services: [], steps: [] }, want: undefined },
    { found: { services: [], steps: [own] }, want: "NotReady: x" },
    { found: { services: ["etcd is silent"], steps: [own] }, want: "etcd is silent" },
  ])("is $want", ({ found, want }) => {
    expect(machineTrouble(kube, node, found)).toBe(want);
  });
});
