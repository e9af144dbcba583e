import { expect, it } from "vitest";
import { firewallCommands } from "../../src/installer/firewall-change.ts";
import { clusterOf } from "../support/cluster.ts";

const cluster = clusterOf("ha");
const nodeOf = (role: string) => {
  const node = cluster.nodes.find((one) => one.role === role);
  if (node === undefined) throw new Error(`want a ${role}`);
  return node;
};
const save =
  "{ printf 'table inet kindling\\ndelete table inet kindling\\n'; nft list table inet kindling; } > /etc/kindling/firewall.nft";

it.each([
  {
    role: "worker",
    change: "add",
    want: ["nft add element inet kindling machines '{ 10.77.0.21 }'"],
  },
  {
    role: "controller",
    change: "delete",
    want: [
      "nft delete element inet kindling machines '{ 10.77.0.11 }'",
      "nft delete element inet kindling controllers '{ 10.77.0.11 }'",
    ],
  },
] as const)("tells the others to $change a $role, and to keep it", ({ role, change, want }) => {
  expect(firewallCommands(cluster, nodeOf(role), change)).toEqual([...want, save]);
});

it("tells them nothing where there is no firewall", () => {
  const open = { firewall: { ...cluster.firewall, level: "off" } } as const;
  expect(firewallCommands(open, nodeOf("worker"), "add")).toEqual([]);
});
