import { expect, it } from "vitest";
import { objectPath } from "../../src/installer/kube-object.ts";
import { planLabels, planManifests } from "../../src/installer/manifests.ts";
import { clusterOf, fakeSecrets } from "../support/cluster.ts";

const cluster = clusterOf("ha");
const end = Date.UTC(2026, 10, 30, 12);
const plan = planManifests(cluster, fakeSecrets(cluster), end);

it("has no object twice, and each namespace before what lies in it", () => {
  const paths = plan.map(({ object }) => objectPath(object));
  expect(new Set(paths).size).toBe(paths.length);
  const at = (path: string) => paths.indexOf(path);
  const inside = at("/api/v1/namespaces/tectonic-system/configmaps/tectonic-config");
  expect(inside).toBeGreaterThan(at("/api/v1/namespaces/tectonic-system"));
});

it("lets the bootstrap token count for an hour longer than the last ticket", () => {
  const token = plan.find(({ secret }) => secret);
  expect(token?.until).toBe(end + 3_600_000);
  const data = { ...Object(token?.object["data"]) };
  const told = Object.entries(data).map(([key, value]) => {
    return [key, Buffer.from(String(value), "base64").toString()];
  });
  expect(Object.fromEntries(told)).toMatchObject({
    expiration: "2026-11-30T13:00:00Z",
    "token-id": "abcdef",
    "token-secret": "0123456789abcdef",
  });
});

it("has nothing for a cluster without Kubernetes", () => {
  const plain = clusterOf("smallest");
  expect(planManifests(plain, fakeSecrets(plain), end)).toEqual([]);
});

it.each([
  { podNetwork: "routes", want: ["pod-routes.json", "pod-routes-nodes.json"] },
  { podNetwork: "flannel", want: ["pod-network.json"] },
  { podNetwork: "none", want: [] },
] as const)("tells the API of $podNetwork what it needs", ({ podNetwork, want }) => {
  const files = planManifests({ ...cluster, podNetwork }, fakeSecrets(cluster), end);
  const own = files.map(({ file }) => file).filter((file) => file.startsWith("pod-"));
  expect(own).toEqual(want);
});

it("names the role of each machine by its whole name", () => {
  const labels = [...planLabels(cluster)].map(([name, [key, value]]) => `${name} ${key}=${value}`);
  expect(labels).toEqual(
    expect.arrayContaining([
      "c1.dc1.example.com node-role.kubernetes.io/master=",
      "w1.dc1.example.com node-role.kubernetes.io/node=true",
    ]),
  );
  expect(labels).toHaveLength(cluster.nodes.length);
});
