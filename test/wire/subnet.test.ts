import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import { formatIpv4, type Ipv4Address, parseIpv4 } from "../../src/wire/ipv4.ts";
import {
  broadcastOf,
  formatSubnet,
  parseSubnet,
  prefixOfMask,
  subnetContains,
  subnetMask,
  subnetOf,
} from "../../src/wire/subnet.ts";

// Every number of 32 bits is an address.
const address = fc.integer({ min: 0, max: 0xffff_ffff }).map((value) => value as Ipv4Address);

describe("parseIpv4", () => {
  it("undoes formatIpv4 for every address", () => {
    fc.assert(fc.property(address, (value) => parseIpv4(formatIpv4(value)) === value));
  });

  const refused = [
    "",
    "1.2.3",
    "1.2.3.4.5",
    "256.0.0.1",
    "01.2.3.4",
    "1.2.3.-4",
    "a.b.c.d",
    " 1.2.3.4",
  ];
  it.each(refused.map((text) => ({ text })))("refuses '$text'", ({ text }) => {
    expect(() => parseIpv4(text)).toThrow(WireError);
  });
});

describe("subnets", () => {
  it("hold their network, their broadcast and what lies between, and nothing else", () => {
    fc.assert(
      fc.property(address, fc.integer({ min: 0, max: 32 }), address, (inside, prefix, other) => {
        const subnet = subnetOf(inside, prefix);
        const between = other >= subnet.network && other <= broadcastOf(subnet);
        expect(subnetContains(subnet, inside)).toBe(true);
        expect(subnetContains(subnet, other)).toBe(between);
        expect(parseSubnet(formatSubnet(subnet))).toEqual(subnet);
        expect(prefixOfMask(subnetMask(subnet))).toBe(prefix);
      }),
    );
  });

  const refused = [
    { text: "10.0.0.1/24", words: "did you mean 10.0.0.0/24?" },
    { text: "10.0.0.0/33", words: "0 to 32 bits" },
    { text: "10.0.0.0", words: "want a subnet" },
    { text: "10.0.0.0/24/1", words: "want a subnet" },
  ];
  it.each(refused)("refuses $text and says why", ({ text, words }) => {
    expect(() => parseSubnet(text)).toThrow(words);
  });

  it("refuses a netmask with a hole", () => {
    expect(() => prefixOfMask(parseIpv4("255.0.255.0"))).toThrow(WireError);
  });
});
