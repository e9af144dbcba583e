import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addressOfReverse,
  foldLabel,
  hostLabel,
  isWithin,
  nameUnder,
  parentOf,
  parseName,
  reverseName,
} from "../../src/dns/name.ts";
import { WireError } from "../../src/errors.ts";
import { type Ipv4Address, parseIpv4 } from "../../src/wire/ipv4.ts";

const domain = parseName("kindling.lan");

describe("parseName", () => {
  it.each([
    ["Node1.Kindling.LAN.", "node1.kindling.lan"],
    ["_etcd-server._tcp.x", "_etcd-server._tcp.x"],
    ["*.apps", "*.apps"],
    [`${"a".repeat(63)}.x`, `${"a".repeat(63)}.x`],
  ])("reads %s", (text, want) => expect(parseName(text)).toBe(want));

  const refused = ["", ".", "a..b", "-a", "a-", "a b", "a.*b", "ä", "a\\.b", "a".repeat(64)];
  it.each([...refused, `${"a.".repeat(127)}a`])("refuses '%s'", (text) =>
    expect(() => parseName(text)).toThrow(WireError),
  );
});

describe("nameUnder", () => {
  it.each([
    ["node1", "node1.kindling.lan"],
    ["a.b", "a.b.kindling.lan"],
    ["node1.kindling.lan", "node1.kindling.lan"],
    ["www.example.org.", "www.example.org"],
  ])("puts %s where it belongs: %s", (text, want) => expect(nameUnder(text, domain)).toBe(want));
});

describe("foldLabel", () => {
  it.each([
    ["Node1", "node1"],
    ["a.b", "a\\046b"],
    ["a\\b", "a\\092b"],
    ["a b", "a\\032b"],
    ["\0", "\\000"],
    ["\xc4", "\\196"],
  ])("writes %j as %s", (bytes, want) =>
    expect(foldLabel(Buffer.from(bytes, "latin1"))).toBe(want),
  );

  it("gives two labels one name only if they differ in letter case alone", () => {
    // Few bytes, the ones an escape is made of among them, so that equals do meet.
    const byte = fc.constantFrom(...Buffer.from("aAbB.\\046\0\xc4\xe4", "latin1"));
    const bytes = fc.array(byte, { minLength: 1, maxLength: 5 }).map((it) => Uint8Array.from(it));
    const lower = (label: Uint8Array) => label.map((it) => (it >= 65 && it <= 90 ? it + 32 : it));
    const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(lower(a), lower(b)) === 0;
    fc.assert(fc.property(bytes, bytes, (a, b) => (foldLabel(a) === foldLabel(b)) === same(a, b)));
    fc.assert(fc.property(bytes, (a) => !foldLabel(a).includes(".")));
  });
});

describe("hostLabel", () => {
  it.each([
    ["node1", "node1"],
    ["Node1.example.org", "node1"],
    ["Anna's  Laptop_2", "anna-s-laptop-2"],
    ["--edge--", "edge"],
    ["a--b", "a-b"],
    ["node-1-rack-2", "node-1-rack-2"],
    [`${"a".repeat(62)}-b`, "a".repeat(62)],
    ["bücher", "b-cher"],
    [`${"a".repeat(62)}_b`, "a".repeat(62)],
    ["x".repeat(9000), "x".repeat(63)],
    ["___", undefined],
    ["", undefined],
    [".lan", undefined],
  ])("cuts %j down to %j", (hostname, want) => expect(hostLabel(hostname)).toBe(want));

  it("gives nothing that parseName would refuse", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (hostname) => {
        const label = hostLabel(hostname);
        if (label !== undefined) expect(parseName(label)).toBe(label);
      }),
    );
  });
});

it("knows what lies below what", () => {
  expect(isWithin(parseName("a.kindling.lan"), domain)).toBe(true);
  expect(isWithin(domain, domain)).toBe(true);
  expect(isWithin(parseName("notkindling.lan"), domain)).toBe(false);
  expect(parentOf(domain)).toBe("lan");
  expect(parentOf(parseName("lan"))).toBe("");
});

it("turns an address round", () => {
  expect(reverseName(parseIpv4("10.77.0.5"))).toBe("5.0.77.10.in-addr.arpa");
  expect(reverseName(parseIpv4("10.77.0.0"), 3)).toBe("0.77.10.in-addr.arpa");
});

describe("addressOfReverse", () => {
  it("turns every address back", () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), (address) => {
        expect(addressOfReverse(reverseName(address as Ipv4Address))).toBe(address);
      }),
    );
  });

  it.each([
    "0.77.10.in-addr.arpa",
    "05.0.77.10.in-addr.arpa",
    "256.0.77.10.in-addr.arpa",
    "5.0.77.999.in-addr.arpa",
    "1.5.0.77.10.in-addr.arpa",
    "5.0.77.10.in-addr.arpa.lan",
    "*.0.77.10.in-addr.arpa",
  ])("finds none in %s", (text) => expect(addressOfReverse(parseName(text))).toBeUndefined());
});
