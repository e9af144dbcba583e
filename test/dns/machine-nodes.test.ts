import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bookHosts } from "../../src/dns/host-book.ts";
import { assignNames } from "../../src/dns/host-names.ts";
import {
  AddressNodes,
  addressRecord,
  PointerNodes,
  pointerTo,
} from "../../src/dns/machine-nodes.ts";
import { type DnsName, parseName, reverseName } from "../../src/dns/name.ts";
import type { ResourceRecord } from "../../src/dns/record.ts";
import { parseDnsSettings } from "../../src/dns/settings.ts";
import { buildZone, type ZoneNodes } from "../../src/dns/zone.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { parseSubnet, subnetContains } from "../../src/wire/subnet.ts";
import { binding, dnsSettings, soaRecord, zoneOf } from "../support/dns.ts";

const plan = parseDnsSettings(dnsSettings());
const { ttl } = plan;
const row = fc
  .tuple(fc.nat(5), fc.constantFrom("10.77.0.", "10.77.5.", "10.99.0."), fc.nat(3), fc.boolean())
  .map(([name, net, host, isReserved]) => {
    return `node${name} ${net}${host} ${isReserved ? "reserved" : "leased"}`;
  });
const anyHosts = fc.array(row).map((rows) => bookHosts(assignNames(plan, rows.map(binding)).hosts));

/** Every name that one of the zones has, and every one that it asks for in vain. */
const shown = (nodes: ZoneNodes, names: readonly DnsName[]) =>
  names.map((name) => ({
    name,
    has: nodes.has(name),
    node: new Map([...(nodes.get(name) ?? [])].sort(([a], [b]) => a.localeCompare(b))),
  }));

const recordsOf = (nodes: ZoneNodes): readonly string[] => {
  const all = [...nodes.keys()].flatMap((name) => [...(nodes.get(name)?.values() ?? [])].flat());
  return all.map((record: ResourceRecord) => JSON.stringify(record)).sort();
};

describe("AddressNodes", () => {
  const fixed = zoneOf(
    "kindling.lan",
    `@       NS    provisioner
     node1   TXT   hello
     a.node2 TXT   below a machine`,
  );
  const wild = [
    "kindling.lan",
    "a.node2.kindling.lan",
    "gone.kindling.lan",
    "b.node1.kindling.lan",
  ];
  const names = [...[0, 1, 2, 3, 4, 5].map((it) => `node${it}.kindling.lan`), ...wild].map(
    parseName,
  );

  it("are those of a zone with a record for each machine", () => {
    fc.assert(
      fc.property(anyHosts, (hosts) => {
        const records = [...hosts.byName.values()].map(({ name, binding: { address, reserved } }) =>
          addressRecord(name, address, reserved ? ttl.static : ttl.dynamic),
        );
        const kept = [...fixed.nodes.keys()].flatMap((name) => [
          ...(fixed.nodes.get(name)?.values() ?? []),
        ]);
        const others = kept.flat().filter(({ type }) => type !== "SOA");
        const want = buildZone(fixed.soa, [...others, ...records]);
        const nodes = new AddressNodes(fixed.nodes, { plan, hosts });
        expect(shown(nodes, names)).toEqual(shown(want.nodes, names));
        expect(recordsOf(nodes)).toEqual(recordsOf(want.nodes));
      }),
    );
  });
});

describe("PointerNodes", () => {
  const piece = parseSubnet("10.77.0.0/16");
  const soa = soaRecord(parseName("77.10.in-addr.arpa"));
  const ours = pointerTo(plan.provisioner, parseIpv4("10.77.0.1"), ttl.static);
  const addresses = ["10.77.0.0", "10.77.0.1", "10.77.0.2", "10.77.5.3", "10.77.9.9"].map(
    parseIpv4,
  );
  const networks = ["77.10", "0.77.10", "5.77.10", "9.77.10"].map((it) => `${it}.in-addr.arpa`);
  const names = [...addresses.map((it) => reverseName(it)), ...networks.map(parseName)];

  it("are those of a zone with a record for each address of the piece", () => {
    fc.assert(
      fc.property(anyHosts, (hosts) => {
        const taken = new Set([ours.name]);
        const records = [...hosts.byName.values()].flatMap(({ name, binding: held }) => {
          const record = pointerTo(name, held.address, held.reserved ? ttl.static : ttl.dynamic);
          if (taken.has(record.name) || !subnetContains(piece, held.address)) return [];
          taken.add(record.name);
          return [record];
        });
        const want = buildZone(soa, [ours, ...records]);
        const fixed = buildZone(soa, [ours]).nodes;
        const nodes = new PointerNodes(fixed, { plan, hosts, piece });
        expect(shown(nodes, names)).toEqual(shown(want.nodes, names));
        expect(recordsOf(nodes)).toEqual(recordsOf(want.nodes));
      }),
    );
  });
});
