import { defineConfig } from "vitest/config";

const project = (name: string, include: string[], timeout: number, extra: object = {}) => ({
  test: { name, include, testTimeout: timeout, hookTimeout: timeout, ...extra },
});

// unit: anywhere, no rights. interop: real clients inside the sandbox. qemu: real firmware, one
// machine room at a time. deep: the long fuzz runs.
export default defineConfig({
  test: {
    projects: [
      project("unit", ["test/**/*.test.ts"], 20_000, {
        exclude: ["test/interop/**", "test/qemu/**", "test/deep/**"],
      }),
      project("interop", ["test/interop/**/*.test.ts"], 60_000, { fileParallelism: false }),
      project("qemu", ["test/qemu/**/*.test.ts"], 240_000, { fileParallelism: false }),
      project("deep", ["test/deep/**/*.test.ts"], 3_600_000, { fileParallelism: false }),
    ],
    coverage: { include: ["src/**"] },
  },
});
