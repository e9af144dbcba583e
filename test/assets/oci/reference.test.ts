import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatReference,
  parseImageName,
  parseReference,
} from "../../../src/assets/oci/reference.ts";
import { WireError } from "../../../src/errors.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

describe("parseReference", () => {
  it.each([
    ["busybox", "docker.io/library/busybox:latest"],
    ["busybox:1.36", "docker.io/library/busybox:1.36"],
    ["org/name", "docker.io/org/name:latest"],
    ["docker.io/busybox", "docker.io/library/busybox:latest"],
    ["quay.io/org/name:v1.2_3-rc", "quay.io/org/name:v1.2_3-rc"],
    ["Quay.IO/org/name", "quay.io/org/name:latest"],
    ["localhost/name", "localhost/name:latest"],
    ["localhost:5000/a/b/c:1", "localhost:5000/a/b/c:1"],
    ["[::1]:5000/a:1", "[::1]:5000/a:1"],
    ["registry.k8s.io/kube-apiserver:v1.30.0", "registry.k8s.io/kube-apiserver:v1.30.0"],
    [`quay.io/org/name@${digest}`, `quay.io/org/name@${digest}`],
    [`quay.io/org/name:1@${digest}`, `quay.io/org/name:1@${digest}`],
    ["a__b/c-d--e.f:1", "docker.io/a__b/c-d--e.f:1"],
  ])("reads '%s' as %s", (text, want) => {
    expect(formatReference(parseReference(text))).toBe(want);
  });

  it.each([
    ...["", ":", "/", "a//b", "A/b", "quay.io/Org/name", "quay.io/", "quay.io/a:", "a:b c"],
    ...["a:-x", "a_", "a..b", "-a", "../a", "a/../b", "a@sha256:12", "a@md5:1", "a@b@c", "a:1:2"],
    ...[`a:${"x".repeat(129)}`, `${"a/".repeat(130)}a`, "quay..io/a", "a\0b", "quay.io:99999999/a"],
  ])("refuses '%s'", (text) => {
    expect(() => parseReference(text)).toThrow(WireError);
  });

  it("reads back what is written", () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,8}([._-][a-z0-9]{1,8})?$/);
    const registry = fc.constantFrom("quay.io", "docker.io", "localhost:5000");
    const tag = fc.stringMatching(/^\w[\w.-]{0,20}$/);
    fc.assert(
      fc.property(registry, part, part, tag, (host, first, second, word) => {
        const text = `${host}/${first}/${second}:${word}`;
        expect(formatReference(parseReference(text))).toBe(text);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseReference(text);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});

it("parseImageName leaves a missing tag missing", () => {
  expect(parseImageName("quay.io/org/name")).toEqual({
    registry: "quay.io",
    repository: "org/name",
  });
});
