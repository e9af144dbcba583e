import { describe, expect, it } from "vitest";
import { buildWords, schemaCommand } from "../../src/lab/kubernetes-source.ts";

describe("the API's documents", () => {
  const files = [
    "vendor/k8s.io/api/core/v1/doc.go",
    "pkg/generated/openapi/openapi_test.go",
    "vendor/k8s.io/api/core/v1/types.go",
    "vendor/k8s.io/api/apps/v1/doc.go",
  ];
  const words = schemaCommand(files, "/w");
  const told = (flag: string) => words[words.indexOf(flag) + 1];

  it("are of each package once, in an order that is always the same, but not of what is generated", () => {
    const packages = ["apps", "core"].map(
      (name) => `k8s.io/kubernetes/vendor/k8s.io/api/${name}/v1`,
    );
    expect(told("-i")).toBe(packages.join(","));
  });

  it("go to the place from which the API server takes them", () => {
    expect(`${told("--output-base")}/${told("-p")}/${told("-O")}.go`).toBe(
      "/w/src/k8s.io/kubernetes/pkg/generated/openapi/zz_generated.openapi.go",
    );
  });
});

it("tells a program its version, which else says v0.0.0 and is refused by others", () => {
  const words = buildWords("/done/kubelet", "./cmd/kubelet");
  expect(words.slice(-3)).toEqual(["-o", "/done/kubelet", "./cmd/kubelet"]);
  const [flags = ""] = words.filter((word) => word.startsWith("-s "));
  expect(flags).toContain(
    "-X k8s.io/kubernetes/vendor/k8s.io/component-base/version.gitVersion=v1.20.2",
  );
  expect(flags).toContain("-X k8s.io/kubernetes/vendor/k8s.io/component-base/version.gitMajor=1 ");
  expect(flags).toContain("-X k8s.io/kubernetes/vendor/k8s.io/component-base/version.gitMinor=20");
});
