import { describe, expect, it } from "vitest";
import type { Cluster } from "../../src/installer/cluster.ts";
import { kubeletFiles, nodeUnits } from "../../src/installer/kubelet.ts";
import { clusterOf } from "../support/cluster.ts";

const cluster = clusterOf("ha");

function flagsOf(version: string, change: Partial<Cluster> = {}): readonly string[] {
  const changed = { ...cluster, ...change };
  const [node] = changed.nodes;
  const [kubelet] = node === undefined ? [] : nodeUnits(changed, node, version);
  return [...(kubelet?.text ?? "").matchAll(/^ {2}--([\w-]+=\S*)/gm)].map(
    ({ 1: flag = "" }) => flag,
  );
}

// By the tables of flags of each release: a kubelet ends at once at a flag or a key that it does not know.
describe("the kubelet", () => {
  const rows = [
    { version: "v1.20.2", remote: true, graceful: false },
    { version: "v1.21.0", remote: true, graceful: true },
    { version: "v1.23.17", remote: true, graceful: true },
    { version: "v1.24.0", remote: false, graceful: true },
    { version: "v1.36.1", remote: false, graceful: true },
  ];

  it.each(rows)("of $version is told what it knows", ({ version, remote, graceful }) => {
    const flags = flagsOf(version);
    expect(flags.includes("container-runtime=remote")).toBe(remote);
    expect(flags).toContain("container-runtime-endpoint=unix:///run/containerd/containerd.sock");
    const [file] = kubeletFiles(cluster, version);
    const text = file !== undefined && "text" in file ? file.text : "";
    expect(/^shutdownGracePeriod: /m.test(text)).toBe(graceful);
    expect(/^shutdownGracePeriodCriticalPods: /m.test(text)).toBe(graceful);
    expect(text).toMatch(/^staticPodPath: /m);
  });

  it("gives itself no label that only an administrator may give", () => {
    const labels = flagsOf("v1.36.1").filter((flag) => flag.startsWith("node-labels="));
    expect(labels).toEqual(["node-labels=node.kubernetes.io/controller=true"]);
  });
});
