import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { systemErrorCode } from "../../src/runtime/system-error.ts";

it("names what the operating system said", async () => {
  const failed = await readFile("/nowhere/at/all").catch((error: unknown) => error);
  expect(systemErrorCode(failed)).toBe("ENOENT");
});

it.each([new TypeError("a bug"), "text", undefined])("throws %s on", (error) => {
  let thrown: unknown = "nothing";
  try {
    systemErrorCode(error);
  } catch (caught) {
    thrown = caught;
  }
  expect(thrown).toBe(error);
});
