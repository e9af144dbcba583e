import { expect, it } from "vitest";
import { minorRelease } from "../../src/installer/kubernetes-version.ts";

it.each([
  ["v1.20.2", 20],
  ["1.36.1", 36],
  ["v1.9", 9],
  ["v1.24.0-rc.1", 24],
  ["v2.0.0", Number.POSITIVE_INFINITY],
  ["stable", Number.POSITIVE_INFINITY],
])("reads the minor release of %s", (version, want) => {
  expect(minorRelease(version)).toBe(want);
});
