import { expect, it } from "vitest";
import { descriptorLimit, shareDescriptors } from "../../src/runtime/descriptors.ts";

it.each([
  { what: "none to share", limit: 40, addresses: 1, want: { http: 4, dns: 4 } },
  { what: "very few", limit: 64, addresses: 1, want: { http: 8, dns: 4 } },
  { what: "a shell's default", limit: 1024, addresses: 1, want: { http: 488, dns: 122 } },
  { what: "two addresses", limit: 1024, addresses: 2, want: { http: 244, dns: 61 } },
  { what: "a service's default", limit: 524_288, addresses: 4, want: { http: 2000, dns: 128 } },
  {
    what: "no limit",
    limit: Number.POSITIVE_INFINITY,
    addresses: 1,
    want: { http: 2000, dns: 128 },
  },
])("shares of $limit: $what", ({ limit, addresses, want }) => {
  expect(shareDescriptors(limit, addresses)).toEqual(want);
});

it.each([
  ["Max processes 31 31\nMax open files            1024   4096  files\n", 1024],
  ["Max open files            unlimited   unlimited  files\n", Number.POSITIVE_INFINITY],
  ["", Number.POSITIVE_INFINITY],
])("reads the limit of %j", (text, want) => {
  expect(descriptorLimit(() => text)).toBe(want);
});

it("finds a limit of this process", () => {
  expect(descriptorLimit()).toBeGreaterThan(16);
});
