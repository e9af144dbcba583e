import { totalmem } from "node:os";
import { expect, it } from "vitest";
import { memoryOfProcess } from "../../src/runtime/memory.ts";

it("never tells more memory than the machine has, nor none", () => {
  expect(memoryOfProcess()).toBeLessThanOrEqual(totalmem());
  expect(memoryOfProcess()).toBeGreaterThan(16 << 20);
});
