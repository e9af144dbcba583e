import { expect, it } from "vitest";
import { formatHeldKeys, keysHeldBy } from "../../src/installer/held-keys.ts";
import { type ClusterName, clusterOf, fakeSecrets } from "../support/cluster.ts";

const until = Date.UTC(2027, 10, 30);

it.each<{ of: ClusterName; node: string; want: string }>([
  { of: "smallest", node: "w1", want: "" },
  {
    of: "smallest",
    node: "c1",
    want: "etcd-server@c1, etcd-peer@c1, etcd-client@c1 until 2027-11-30",
  },
  { of: "ha", node: "w1", want: "kube-proxy until 2027-11-30" },
])("$node of $of keeps $want", ({ of, node, want }) => {
  const cluster = clusterOf(of);
  const keys = keysHeldBy(cluster, { name: node }, fakeSecrets(cluster), () => until);
  expect(formatHeldKeys(keys)).toBe(want);
});

it("tells certificates apart that end on different days", () => {
  const keys = [
    { key: "a@c1", notAfter: until },
    { key: "b@c1", notAfter: until + 86_400_000 },
  ];
  expect(formatHeldKeys(keys)).toBe("a@c1 until 2027-11-30; b@c1 until 2027-12-01");
});
