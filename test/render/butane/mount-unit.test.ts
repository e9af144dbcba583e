import { expect, it } from "vitest";
import { escapeUnitPath } from "../../../src/render/butane/mount-unit.ts";

// As `systemd-escape --path` prints them.
it.each([
  ["/", "-"],
  ["/var/lib/data", "var-lib-data"],
  ["//var//x/", "var-x"],
  ["/dev/disk/by-label/a b", "dev-disk-by\\x2dlabel-a\\x20b"],
  ["/.hidden/.too", "\\x2ehidden-.too"],
  ["/é", "\\xc3\\xa9"],
])("escapes %s", (path, want) => {
  expect(escapeUnitPath(path)).toBe(want);
});
