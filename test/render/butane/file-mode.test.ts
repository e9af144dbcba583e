import { expect, it } from "vitest";
import { looksDecimal } from "../../../src/render/butane/file-mode.ts";

it.each([644, 755, 600, 777, 4755])("takes file mode %d for octal digits", (mode) => {
  expect(looksDecimal(mode, "file")).toBe(true);
});

it.each([0, 0o644, 0o755, 0o600, 0o400, 999, 8888, 12345])("believes file mode %d", (mode) => {
  expect(looksDecimal(mode, "file")).toBe(false);
});

it("knows that sticky suits a directory and no file", () => {
  expect([looksDecimal(1777, "directory"), looksDecimal(1777, "file")]).toEqual([true, false]);
});
