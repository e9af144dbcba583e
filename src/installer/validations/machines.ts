import { formatIp } from "../../wire/ip.ts";
import { formatIpv4 } from "../../wire/ipv4.ts";
import { isUsableUuid } from "../../wire/uuid.ts";
import { type Cluster, type ClusterNode, hasOwnEtcd, nodesOf } from "../cluster.ts";
import { type Offence, offenceIf, type Validation } from "../validation.ts";
import { eachNode } from "./names.ts";

/** etcd's own advice ends at 7 members, what it takes at 9. */
const controllersMax = 9;

/** Machines among each other: none is two, and there are enough of each kind. */
export const machineRows: readonly Validation[] = [
  {
    id: "machine.name-twice",
    severity: "error",
    sentence: "no two machines have one name",
    cure: "rename one",
    check: (cluster) => twice(cluster, "name", ({ name }) => [name]),
  },
  {
    id: "machine.mac-twice",
    severity: "error",
    sentence: "no MAC address belongs to two machines",
    cure: "read the addresses off the machines again",
    check: (cluster) => twice(cluster, "mac", ({ macs }) => macs),
  },
  {
    id: "machine.uuid-twice",
    severity: "error",
    sentence: "no UUID belongs to two machines",
    cure: "name these machines by their MAC addresses",
    check: (cluster) => twice(cluster, "uuid", ({ uuid }) => (uuid === undefined ? [] : [uuid])),
  },
  {
    id: "machine.address-twice",
    severity: "error",
    sentence: "no IP address belongs to two machines, or to a machine and a BMC",
    cure: "give each an address of its own",
    check: (cluster) =>
      twice(cluster, "address", ({ address, bmc }) => {
        return [formatIpv4(address), ...(bmc === undefined ? [] : [formatIp(bmc)])];
      }),
  },
  {
    id: "machine.mac-group",
    severity: "error",
    sentence: "a machine's MAC address is that of one card",
    cure: "read it off the card: neither zeros nor a group address is one",
    check: (cluster) =>
      eachNode(cluster, "mac", ({ macs }) => {
        return macs.find((mac) => /^.[13579bdf]:/.test(mac) || mac === "00:00:00:00:00:00");
      }),
  },
  {
    id: "machine.uuid-placeholder",
    severity: "error",
    sentence: "a UUID that many boards share names no machine",
    cure: "name the machine by its MAC address",
    check: (cluster) =>
      eachNode(cluster, "uuid", ({ uuid }) => {
        return uuid !== undefined && !isUsableUuid(uuid) ? uuid : undefined;
      }),
  },
  {
    id: "machine.controllers-even",
    severity: "warning",
    sentence: "etcd on an even number of controllers outlives no more failures than on one fewer",
    cure: "take 1, 3 or 5 controllers",
    check: (cluster) => {
      const count = nodesOf(cluster, "controller").length;
      return offenceIf(hasOwnEtcd(cluster) && count % 2 === 0, "controllers", `${count}`);
    },
  },
  {
    id: "machine.controllers-many",
    severity: "error",
    sentence: "etcd takes at most 9 members",
    cure: "make some of the controllers workers",
    check: (cluster) => {
      const count = nodesOf(cluster, "controller").length;
      return offenceIf(hasOwnEtcd(cluster) && count > controllersMax, "controllers", `${count}`);
    },
  },
  {
    id: "machine.no-worker",
    severity: "error",
    sentence: "a Kubernetes cluster has a worker to run pods on",
    cure: "describe at least one machine under workers",
    check: (cluster) => {
      const none = cluster.kubernetes !== undefined && nodesOf(cluster, "worker").length === 0;
      return offenceIf(none, "workers", "none");
    },
  },
  {
    id: "machine.few",
    severity: "warning",
    sentence: "below three machines a cluster outlives no failure",
    cure: "add machines, or take this for a trial",
    check: ({ nodes }) => offenceIf(nodes.length < 3, "", `${nodes.length} in all`),
  },
];

function twice(
  cluster: Cluster,
  path: string,
  valuesOf: (node: ClusterNode) => readonly string[],
): readonly Offence[] {
  const owners = new Map<string, string>();
  return eachNode(cluster, path, (node) => {
    for (const value of valuesOf(node)) {
      const owner = owners.get(value);
      if (owner !== undefined) return `${value} is that of ${owner}, too`;
      owners.set(value, node.name);
    }
    return undefined;
  });
}
