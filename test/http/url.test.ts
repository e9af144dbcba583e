import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanTarget, fileBelow, queryOf, resourceOf } from "../../src/http/url.ts";

describe("cleanTarget", () => {
  it.each([
    ["/ipxe", "/ipxe"],
    ["//ipxe?a=//b/../c", "/ipxe?a=//b/../c"],
    ["/x/../boot.ipxe", "/boot.ipxe"],
    ["/../../ipxe", "/ipxe"],
    ["/./a/./b/", "/a/b/"],
    ["/a/b/..", "/a/"],
    ["/a/%2e%2e/b", "/a/%2e%2e/b"],
    ["http://10.0.0.1:8080/ipxe?a=1", "/ipxe?a=1"],
    ["http://10.0.0.1", "/"],
    ["/", "/"],
    ["", "/"],
    ["*", "/*"],
    ["?a", "/?a"],
  ])("makes %s into %s", (target, want) => {
    expect(cleanTarget(target)).toBe(want);
  });

  it("leaves nothing to clean", () => {
    const targets = fc.string({ unit: fc.constantFrom("/", ".", "..", "a", "%2f", "?", ":") });
    const once = (target: string) => {
      expect(cleanTarget(cleanTarget(target))).toBe(cleanTarget(target));
    };
    fc.assert(fc.property(targets, once));
  });
});

describe("fileBelow", () => {
  it.each([
    ["/assets/", ""],
    ["/assets/a%20b?x", "a b"],
    ["/assets/a%2Fb", "a/b"],
    ["/assets/%2e%2e/x", undefined],
    ["/assets/..%2fx", undefined],
    ["/assets/a..b", "a..b"],
    ["/assets/%zz", undefined],
    ["/assets/%ff", undefined],
    ["/assets/%00", undefined],
    ["/other/a", undefined],
  ])("of %s is %s", (target, want) => {
    expect(fileBelow("/assets/", target)).toBe(want);
  });
});

it.each([
  ["/boot.ipxe", "script"],
  ["/boot.ipxe.0?x", "script"],
  ["/%69pxe?mac=", "ipxe"],
  ["/loaders/x.efi", "loader"],
  ["/assets/", "asset"],
  ["/ignition", "ignition"],
  ["/metadata", "metadata"],
  ["/report", "report"],
  ["/v2/org/name/manifests/1?ns=quay.io", "manifest"],
  ["/v2/org/name/blobs/sha256:12", "blob"],
  ["/v2/", "other"],
  ["/ipxe/", "other"],
  ["/%zz", "other"],
])("%s counts as %s", (target, want) => {
  expect(resourceOf(target)).toBe(want);
});

it("queryOf takes everything after the first question mark", () => {
  expect(["/a", "/a?", "/a?b?c"].map(queryOf)).toEqual(["", "", "b?c"]);
});
