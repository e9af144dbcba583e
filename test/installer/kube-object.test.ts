import { describe, expect, it } from "vitest";
import { compareObject, type KubeObject, objectPath } from "../../src/installer/kube-object.ts";

const binding: KubeObject = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  metadata: { name: "kindling:approve" },
  roleRef: { kind: "ClusterRole", name: "a" },
  subjects: [{ kind: "Group", name: "g" }],
};

describe("objectPath", () => {
  const rows: readonly { object: KubeObject; want: string }[] = [
    {
      object: binding,
      want: "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/kindling%3Aapprove",
    },
    {
      object: { apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } },
      want: "/api/v1/namespaces/n",
    },
    {
      object: { apiVersion: "v1", kind: "Secret", metadata: { name: "s", namespace: "n" } },
      want: "/api/v1/namespaces/n/secrets/s",
    },
  ];
  it.each(rows)("is $want", ({ object, want }) => {
    expect(objectPath(object)).toBe(want);
  });
});

describe("compareObject", () => {
  const theirs = {
    ...binding,
    metadata: { name: "kindling:approve", uid: "1", labels: { theirs: "1" } },
  };
  const rows = [
    { name: "what was sent", there: binding, want: "same" },
    { name: "fields of others besides", there: theirs, want: "same" },
    {
      name: "a field of others inside ours",
      there: { ...theirs, roleRef: { kind: "ClusterRole", name: "a", apiGroup: "rbac" } },
      want: "same",
    },
    { name: "a list that grew", there: { ...theirs, subjects: [{}, {}] }, want: "changed" },
    { name: "another value in a list", there: { ...theirs, subjects: [{}] }, want: "changed" },
    { name: "a field that went", there: { ...theirs, subjects: undefined }, want: "changed" },
    { name: "a list for an object", there: { ...theirs, metadata: [] }, want: "changed" },
    { name: "another role", there: { ...theirs, roleRef: { name: "b" } }, want: "fixed" },
    { name: "no object", there: "text", want: "fixed" },
  ] as const;
  it.each(rows)("calls $name $want", ({ there, want }) => {
    expect(compareObject(binding, there)).toBe(want);
  });
});
