import { describe, expect, it } from "vitest";
import { runtimeFiles } from "../../src/installer/runtime-files.ts";

const textOf = (path: string, files: ReturnType<typeof runtimeFiles>) => {
  const file = files.find((one) => one.path === path);
  return file !== undefined && "text" in file ? file.text : undefined;
};

const none = { podNetwork: "none" } as const;

describe("containerd", () => {
  it("takes pods' own image by the name that is told", () => {
    const files = runtimeFiles("registry.lan/pause:1", undefined, none);
    expect(textOf("/etc/containerd/config.toml", files)).toContain(
      '[plugins."io.containerd.grpc.v1.cri"]\n  sandbox_image = "registry.lan/pause:1"\n',
    );
  });

  it("asks the LAN's mirror for every registry of the documents, where there is one", () => {
    const path = "/etc/containerd/certs.d/registry.k8s.io/hosts.toml";
    const mirrored = runtimeFiles("pause", { origin: "http://10.77.0.1:8080" }, none);
    expect(textOf(path, mirrored)).toContain('[host."http://10.77.0.1:8080"]');
    expect(textOf(path, runtimeFiles("pause", undefined, none))).toBeUndefined();
  });
});
