import { formatIpv4 } from "../wire/ipv4.ts";
import type { Cluster, ClusterNode } from "./cluster.ts";

/**
 * What root has to say on each of the other machines, whose rules were loaded with the addresses of their
 * day: no machine takes orders from here. The last line keeps it over a restart. Nothing without a firewall.
 */
export function firewallCommands(
  { firewall }: Pick<Cluster, "firewall">,
  node: ClusterNode,
  change: "add" | "delete",
): readonly string[] {
  if (firewall.level === "off") return [];
  const sets = ["machines", ...(node.role === "controller" ? ["controllers"] : [])];
  const table = "table inet kindling";
  return [
    ...sets.map((set) => {
      return `nft ${change} element inet kindling ${set} '{ ${formatIpv4(node.address)} }'`;
    }),
    `{ printf '${table}\\ndelete ${table}\\n'; nft list ${table}; } > /etc/kindling/firewall.nft`,
  ];
}
