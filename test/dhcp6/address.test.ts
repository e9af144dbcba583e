import fc from "fast-check";
import { expect, it } from "vitest";
import { addressFor } from "../../src/dhcp6/address.ts";
import {
  ipv6ToBytes,
  macOfLinkLocal,
  parseIpv6,
  prefixContains,
  prefixOf,
} from "../../src/wire/ipv6.ts";

const prefix = prefixOf(parseIpv6("fd77::1"), 64);
const server = parseIpv6("fd77::1");
const of = (key: string, declines = 0, taken = server) =>
  addressFor(prefix, { key, declines }, taken);

it("is the same for a client each time, and another after it declined", () => {
  expect(of("52:54:00:77:00:10")).toBe("fd77::a0cd:683e:4bc2:b8fe");
  expect(of("52:54:00:77:00:10", 1)).not.toBe(of("52:54:00:77:00:10"));
});

it("is never the server's", () => {
  const first = of("a");
  expect(of("a", 0, first)).toBe(of("a", 1));
});

it("lies in the prefix and is neither an anycast one nor one of a MAC", () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(5), (key, declines) => {
      const address = of(key, declines);
      expect(prefixContains(prefix, address)).toBe(true);
      expect((ipv6ToBytes(address)[8] ?? 0) & 3).toBe(0);
      expect(macOfLinkLocal(address)).toBeUndefined();
    }),
  );
});

it("keeps ten thousand neighbouring MACs apart", () => {
  const all = Array.from({ length: 10_000 }, (_, n) => of(`52:54:00:77:00:${n.toString(16)}`));
  expect(new Set(all).size).toBe(10_000);
  // Both halves are spread: a half that is not would halve the bits.
  for (const [from, to] of [
    [8, 12],
    [12, 16],
  ] as const) {
    const halves = all.map((one) => Buffer.from(ipv6ToBytes(one)).toString("hex", from, to));
    expect(new Set(halves).size).toBeGreaterThan(9_990);
  }
});
