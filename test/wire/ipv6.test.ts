import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import {
  ipv6FromBytes,
  ipv6ToBytes,
  isLinkLocal,
  macOfLinkLocal,
  parseIpv6,
  prefixContains,
  prefixOf,
  readIpv6,
} from "../../src/wire/ipv6.ts";
import { ByteReader } from "../../src/wire/reader.ts";

describe("parseIpv6", () => {
  // RFC 4291 §2.2 and the recommendations of RFC 5952 §4.
  it.each([
    ["2001:db8:0:0:8:800:200c:417a", "2001:db8::8:800:200c:417a"],
    ["FF01:0:0:0:0:0:0:101", "ff01::101"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["::", "::"],
    ["1::", "1::"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["::ffff:10.77.0.1", "::ffff:a4d:1"],
    ["fd77::0001", "fd77::1"],
  ])("reads %s as %s", (text, want) => {
    expect(parseIpv6(text)).toBe(want);
  });

  it.each([
    "",
    ":",
    ":::",
    "1",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "g::",
    "12345::",
    "fe80::1%eth0",
    "::1.2.3",
    "::1.2.3.256",
    "1.2.3.4::",
    "1:2:3:4::5:6:7:8",
    "::01.2.3.4",
  ])("refuses %j", (text) => {
    expect(() => parseIpv6(text)).toThrow(WireError);
  });

  it("gives back what octets were formatted to, in one text only", () => {
    const octets = fc.uint8Array({ minLength: 16, maxLength: 16 });
    const sparse = octets.map((bytes) => bytes.map((octet) => (octet < 160 ? 0 : octet)));
    fc.assert(
      fc.property(fc.oneof(octets, sparse), (bytes) => {
        const text = ipv6FromBytes(bytes);
        expect(Buffer.from(ipv6ToBytes(text))).toEqual(Buffer.from(bytes));
        expect(parseIpv6(text)).toBe(text);
        expect(parseIpv6(text.toUpperCase())).toBe(text);
      }),
    );
  });
});

describe("octets", () => {
  it("want sixteen", () => {
    expect(() => ipv6FromBytes(new Uint8Array(4))).toThrow(WireError);
    expect(() => readIpv6(new ByteReader(new Uint8Array(15)), "link")).toThrow(WireError);
    expect(readIpv6(new ByteReader(new Uint8Array(16)), "link")).toBe("::");
  });
});

describe("prefixOf", () => {
  it.each([
    ["fd77:1:2:3:4:5:6:7", 64, "fd77:1:2:3::"],
    ["fd77:1:2:3:4:5:6:7", 60, "fd77:1:2::"],
    ["fd77::1", 128, "fd77::1"],
    ["fd77::1", 0, "::"],
  ])("cuts %s to %i bits", (text, length, want) => {
    expect(prefixOf(parseIpv6(text), length)).toEqual({ network: want, length });
  });

  it("tells what it holds", () => {
    const prefix = prefixOf(parseIpv6("fd77::1"), 64);
    expect(prefixContains(prefix, parseIpv6("fd77::ffff:1"))).toBe(true);
    expect(prefixContains(prefix, parseIpv6("fd77:0:0:1::1"))).toBe(false);
  });
});

describe("link-local addresses", () => {
  it.each([
    ["fe80::1", true],
    ["febf::1", true],
    ["fec0::1", false],
    ["fd77::1", false],
    ["::", false],
  ])("%s: %s", (text, want) => {
    expect(isLinkLocal(parseIpv6(text))).toBe(want);
  });

  it.each([
    ["fe80::5054:ff:fe77:10", "52:54:00:77:00:10"],
    ["fe80::1", undefined],
    ["fd77::5054:ff:fe77:10", undefined],
  ])("%s was formed from %s", (text, want) => {
    expect(macOfLinkLocal(parseIpv6(text))).toBe(want);
  });
});
