import { defineConfig } from "vitest/config";

const project = (name: string, include: string[], timeout: number, extra: object = {}) => ({
  test: { name, include, testTimeout: timeout, hookTimeout: timeout, ...extra },
});

// unit: anywhere, no rights. interop: real clients inside the sandbox. qemu: real firmware, one machine
// room at a time, three boots that tell most. qemu-matrix: every other boot. deep: the long fuzz runs.
const firstBoots = ["test/qemu/bios.test.ts", "test/qemu/uefi.test.ts"];

export default defineConfig({
  test: {
    projects: [
      project("unit", ["test/**/*.test.ts"], 20_000, {
        exclude: ["test/interop/**", "test/qemu/**", "test/deep/**"],
      }),
      project("interop", ["test/interop/**/*.test.ts"], 60_000, { fileParallelism: false }),
      project("qemu", firstBoots, 240_000, { fileParallelism: false }),
      project("qemu-matrix", ["test/qemu/**/*.test.ts"], 240_000, {
        fileParallelism: false,
        exclude: firstBoots,
      }),
      project("deep", ["test/deep/**/*.test.ts"], 3_600_000, { fileParallelism: false }),
    ],
    coverage: { include: ["src/**"] },
  },
});
