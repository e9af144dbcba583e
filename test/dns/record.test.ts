import { describe, expect, it } from "vitest";
import { parseName } from "../../src/dns/name.ts";
import { parseRecord, type StaticRecord } from "../../src/dns/record.ts";
import { showRecord } from "../support/dns.ts";

const domain = parseName("kindling.lan");
const parse = (name: string, type: StaticRecord["type"], value: string) =>
  parseRecord({ name, type, value }, domain, 300);

describe("parseRecord", () => {
  it.each([
    ["www", "A", "10.77.0.9", "www.kindling.lan A 10.77.0.9"],
    ["www.kindling.lan", "AAAA", "FD00:0::1", "www.kindling.lan AAAA fd00::1"],
    ["*.apps", "CNAME", "Tectonic", "*.apps.kindling.lan CNAME tectonic.kindling.lan"],
    ["out", "CNAME", "www.example.org.", "out.kindling.lan CNAME www.example.org"],
    ["kindling.lan", "TXT", "hello  world", "kindling.lan TXT hello  world"],
    ["_e._tcp", "SRV", "0 5 2379 node1", "_e._tcp.kindling.lan SRV 0 5 2379 node1.kindling.lan"],
  ] as const)("reads %s %s %s", (name, type, value, want) =>
    expect(showRecord(parse(name, type, value))).toBe(want),
  );

  it("keeps the TTL that a record names", () => {
    const entry = { name: "a", type: "A", value: "10.0.0.1" } as const;
    expect(parseRecord(entry, domain, 300).ttl).toBe(300);
    expect(parseRecord({ ...entry, ttl: 5 }, domain, 300).ttl).toBe(5);
  });

  it.each([
    ["www", "A", "10.77.0.999", 'dns record "www" A: want an IPv4 address'],
    ["www", "AAAA", "10.0.0.1", "want an IPv6 address"],
    ["www", "AAAA", "::g", "want an IPv6 address"],
    ["www", "AAAA", "1::2::3", "want an IPv6 address"],
    ["a b", "A", "10.0.0.1", "want a domain name"],
    ["www.example.org.", "A", "10.0.0.1", "want a name in kindling.lan"],
    ["x", "SRV", "0 0 2379", "priority weight port target"],
    ["x", "SRV", "0 0 65536 node1", "priority weight port target"],
    ["x", "TXT", "ü".repeat(128), "at most 255 bytes of text, got 256"],
  ] as const)("refuses %s %s %s", (name, type, value, message) => {
    const config = expect.objectContaining({ code: "config.invalid" });
    expect(() => parse(name, type, value)).toThrow(config);
    expect(() => parse(name, type, value)).toThrow(message);
  });
});
