import { describe, expect, it } from "vitest";
import { formatRepository } from "../../../src/assets/oci/reference.ts";
import { parseRegistryPath, repositoriesFor } from "../../../src/assets/oci/registry-path.ts";

const digest = `sha256:${"a".repeat(64)}`;

describe("parseRegistryPath", () => {
  it.each([
    ["", { kind: "version" }],
    ["_catalog", { kind: "catalog" }],
    ["a/b/tags/list", { kind: "tags", name: "a/b" }],
    ["a/b/manifests/1", { kind: "manifest", name: "a/b", wanted: { tag: "1" } }],
    [`a/manifests/${digest}`, { kind: "manifest", name: "a", wanted: { digest } }],
    [`a/blobs/${digest}`, { kind: "blob", name: "a", digest }],
    ["manifests/manifests/tags/manifests/1", { name: "manifests/manifests/tags" }],
    ["a/blobs/1", { kind: "bad", code: "DIGEST_INVALID" }],
    ["a/manifests/.1", { kind: "bad", code: "MANIFEST_INVALID" }],
    ["a/blobs/uploads/", { kind: "bad", code: "UNSUPPORTED" }],
    ["a/tags/1", { kind: "bad", code: "UNSUPPORTED" }],
    ["manifests/1", { kind: "bad", code: "UNSUPPORTED" }],
    ["..", { kind: "bad", code: "UNSUPPORTED" }],
  ])("'%s'", (path, want) => {
    expect(parseRegistryPath(path)).toMatchObject(want);
  });
});

describe("repositoriesFor", () => {
  it.each([
    ["org/name", "quay.io", ["quay.io/org/name"]],
    ["library/busybox", "docker.io", ["docker.io/library/busybox"]],
    ["busybox", undefined, ["docker.io/library/busybox"]],
    ["org/name", undefined, ["docker.io/org/name"]],
    ["quay.io/org/name", undefined, ["quay.io/org/name"]],
    ["localhost:5000/name", undefined, ["localhost:5000/name"]],
    ["quay.io/org/name", "10.0.0.1:8080", ["10.0.0.1:8080/quay.io/org/name", "quay.io/org/name"]],
    ["org/name", "", []],
    ["Org/name", undefined, []],
    ["org/name", "../..", []],
    ["../etc", "quay.io", []],
    ["org/name", "a".repeat(300), []],
  ])("%s with ns=%s", (name, ns, want) => {
    expect(repositoriesFor(name, ns).map(formatRepository)).toEqual(want);
  });
});
