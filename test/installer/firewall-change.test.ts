import { expect, it } from "vitest";
import { firewallCommands } from "../../src/installer/firewall-change.ts";
import { clusterOf } from "../support/cluster.ts";

const cluster = clusterOf("smallest");
const nodeOf = (role: string) => {
  const node = cluster.nodes.find((one) => one.role === role);
  if (node === undefined) throw new Error(`want a ${role}`);
  return node;
};
const machines =
  "nft 'flush set inet kindling machines; add element inet kindling machines { 10.77.0.11, 10.77.0.21 }'";
const controllers =
  "nft 'flush set inet kindling controllers; add element inet kindling controllers { 10.77.0.11 }'";
const save =
  "{ printf 'table inet kindling\\ndelete table inet kindling\\n'; nft list table inet kindling; } > /etc/kindling/firewall.nft";

it.each([
  { role: "worker", want: [machines, save] },
  { role: "controller", want: [machines, controllers, save] },
])("tells the others who there is when a $role moved", ({ role, want }) => {
  expect(firewallCommands(cluster, nodeOf(role))).toEqual(want);
});

it("tells them nothing where there is no firewall", () => {
  const open = clusterOf("smallest", { firewall: { ...cluster.firewall, level: "off" } });
  expect(firewallCommands(open, nodeOf("worker"))).toEqual([]);
});
