import { describe, expect, it } from "vitest";
import { joinLabels, parseName } from "../../src/dns/name.ts";
import { buildZone, findZone, type Lookup, lookup } from "../../src/dns/zone.ts";
import { showRecord, soaRecord, zoneOf } from "../support/dns.ts";

// RFC 4592 §2.2.1 gives this zone and the answers it must give.
const rfc4592 = zoneOf(
  "example",
  `@                 NS   ns.example.com.
   @                 NS   ns.example.net.
   *                 TXT  this is a wildcard
   *                 MX   10 host1.example
   sub.*             TXT  this is not a wildcard
   host1             A    192.0.2.1
   _ssh._tcp.host1   SRV  0 0 22 host1
   _ssh._tcp.host2   SRV  0 0 22 host2
   subdel            NS   ns.example.com.
   subdel            NS   ns.example.net.`,
);

const kindling = zoneOf(
  "kindling.lan",
  `@            TXT   the apex
   node1        A     10.77.0.11
   node2        A     10.77.0.12
   both         A     10.77.0.11
   both         A     10.77.0.12
   www          CNAME node1
   far          CNAME www
   away         CNAME www.example.org.
   dangling     CNAME gone
   self         CNAME self
   ping         CNAME pong
   pong         CNAME ping
   a.b.c        A     10.77.0.13
   *.apps       CNAME both
   api.apps     A     10.77.0.14`,
);

const cases = [
  ["rfc4592", "host3.example MX", "answer: host3.example MX 10 host1.example"],
  ["rfc4592", "host3.example A", "no-data"],
  ["rfc4592", "foo.bar.example TXT", "answer: foo.bar.example TXT this is a wildcard"],
  ["rfc4592", "host1.example MX", "no-data"],
  ["rfc4592", "sub.*.example MX", "no-data"],
  ["rfc4592", "_telnet._tcp.host1.example SRV", "name-error"],
  [
    "rfc4592",
    "host.subdel.example A",
    "referral: subdel.example NS ns.example.com; subdel.example NS ns.example.net",
  ],
  ["rfc4592", "ghost.*.example MX", "name-error"],
  ["rfc4592", "host2.example TXT", "no-data"],
  ["rfc4592", "*.example TXT", "answer: *.example TXT this is a wildcard"],
  ["kindling", "node1.kindling.lan A", "answer: node1.kindling.lan A 10.77.0.11"],
  ["kindling", "node1.kindling.lan AAAA", "no-data"],
  ["kindling", "node1.kindling.lan UNKNOWN_65", "no-data"],
  ["kindling", "node9.kindling.lan A", "name-error"],
  ["kindling", "x.node1.kindling.lan A", "name-error"],
  ["kindling", "kindling.lan TXT", "answer: kindling.lan TXT the apex"],
  ["kindling", "kindling.lan A", "no-data"],
  ["kindling", "c.kindling.lan A", "no-data"],
  ["kindling", "b.c.kindling.lan A", "no-data"],
  ["kindling", "c.kindling.lan ANY", "no-data"],
  ["kindling", "node1.kindling.lan ANY", "answer: node1.kindling.lan HINFO RFC8482"],
  ["kindling", "www.kindling.lan ANY", "answer: www.kindling.lan HINFO RFC8482"],
  ["kindling", "x.apps.kindling.lan ANY", "answer: x.apps.kindling.lan HINFO RFC8482"],
  ["kindling", "node9.kindling.lan ANY", "name-error"],
  [
    "kindling",
    "far.kindling.lan A",
    "answer: far.kindling.lan CNAME www.kindling.lan; " +
      "www.kindling.lan CNAME node1.kindling.lan; node1.kindling.lan A 10.77.0.11",
  ],
  ["kindling", "www.kindling.lan CNAME", "answer: www.kindling.lan CNAME node1.kindling.lan"],
  ["kindling", "www.kindling.lan AAAA", "no-data: www.kindling.lan CNAME node1.kindling.lan"],
  ["kindling", "away.kindling.lan A", "left-zone: away.kindling.lan CNAME www.example.org"],
  [
    "kindling",
    "dangling.kindling.lan A",
    "name-error: dangling.kindling.lan CNAME gone.kindling.lan",
  ],
  [
    "kindling",
    "shop.apps.kindling.lan A",
    "answer: shop.apps.kindling.lan CNAME both.kindling.lan; " +
      "both.kindling.lan A 10.77.0.11; both.kindling.lan A 10.77.0.12",
  ],
  ["kindling", "api.apps.kindling.lan A", "answer: api.apps.kindling.lan A 10.77.0.14"],
  ["kindling", "x.api.apps.kindling.lan A", "name-error"],
  ["kindling", "apps.kindling.lan A", "no-data"],
] as const;

describe("lookup", () => {
  it.each(cases)("in %s: %s is %s", (zone, question, want) => {
    const [name = "", type = ""] = question.split(" ");
    const found = lookup(
      zone === "rfc4592" ? rfc4592 : kindling,
      joinLabels(name.split(".")),
      type,
    );
    expect(show(found)).toBe(want);
  });

  it.each(["self", "ping"])("leaves the alias loop at %s", (name) => {
    const found = lookup(kindling, parseName(`${name}.kindling.lan`), "A");
    expect(found.kind).toBe("no-data");
    expect(found.chain).toHaveLength(8);
  });
});

describe("findZone", () => {
  const origins = ["kindling.lan", "apps.kindling.lan", "0.77.10.in-addr.arpa"];
  const zones = new Map(
    origins.map(parseName).map((origin) => [origin, buildZone(soaRecord(origin), [])]),
  );
  it.each([
    ["kindling.lan", "kindling.lan"],
    ["a.b.kindling.lan", "kindling.lan"],
    ["x.apps.kindling.lan", "apps.kindling.lan"],
    ["9.0.77.10.in-addr.arpa", "0.77.10.in-addr.arpa"],
    ["9.1.77.10.in-addr.arpa", undefined],
    ["lan", undefined],
    ["akindling.lan", undefined],
  ])("for %s is %s", (name, origin) =>
    expect(findZone(zones, parseName(name))?.origin).toBe(origin),
  );
});

function show(found: Lookup): string {
  const own = found.kind === "answer" ? found.records : [];
  const records = [...found.chain, ...own, ...(found.kind === "referral" ? found.servers : [])];
  return [found.kind, records.map(showRecord).join("; ")].filter((it) => it !== "").join(": ");
}
