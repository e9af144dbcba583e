import { addressRanges } from "./address-ranges.ts";
import { type Cluster, type ClusterNode, nodesOf } from "./cluster.ts";

/**
 * What root has to say on each other machine when one came or went: their rules were loaded with the addresses
 * of their day, and no machine takes orders from here. Each set is put anew, as no piece can be taken out of
 * ranges that nft 1.0.6 has merged. The last line keeps it over a restart. Nothing without a firewall.
 */
export function firewallCommands(cluster: Cluster, moved: ClusterNode): readonly string[] {
  if (cluster.firewall.level === "off") return [];
  const sets = {
    machines: cluster.nodes,
    ...(moved.role === "controller" && { controllers: nodesOf(cluster, "controller") }),
  };
  const table = "table inet kindling";
  return [
    ...Object.entries(sets).map(([name, nodes]) => {
      const ranges = addressRanges(nodes.map(({ address }) => address)).join(", ");
      const set = `inet kindling ${name}`;
      return `nft 'flush set ${set}; add element ${set} { ${ranges} }'`;
    }),
    `{ printf '${table}\\ndelete ${table}\\n'; nft list ${table}; } > /etc/kindling/firewall.nft`,
  ];
}
