import { describe, expect, it } from "vitest";
import { bookHosts } from "../../src/dns/host-book.ts";
import { assignNames } from "../../src/dns/host-names.ts";
import { buildMachineZones, reversePieces } from "../../src/dns/machine-zone.ts";
import { parseName } from "../../src/dns/name.ts";
import { parseDnsSettings } from "../../src/dns/settings.ts";
import { findZone, lookup } from "../../src/dns/zone.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { formatSubnet, parseSubnet } from "../../src/wire/subnet.ts";
import { binding, dnsSettings, showRecord } from "../support/dns.ts";

const plan = parseDnsSettings(
  dnsSettings({
    controller: { name: "controller", targets: ["node1", "10.77.0.50", "node2", "node1"] },
    console: { name: "tectonic", targets: ["node8"] },
    records: [{ name: "_etcd._tcp", type: "SRV", value: "0 0 2379 node1" }],
  }),
);
const rows = [
  "node1 10.77.0.11 reserved",
  "node2 10.77.0.12",
  "node3 10.99.0.9",
  "thief 10.77.0.1",
  "other 10.77.0.11",
];
const hosts = bookHosts(assignNames(plan, rows.map(binding)).hosts);
const lan = { address: parseIpv4("10.77.0.1"), subnet: parseSubnet("10.77.0.0/24") };
const rack = { address: parseIpv4("10.78.4.1"), subnet: parseSubnet("10.78.4.0/22") };
const interfaces = [lan, rack];
const seenFrom = ({ address: local }: typeof lan) =>
  buildMachineZones({ plan, hosts, interfaces, local, serial: 42 });

const ask = (question: string, zones = seenFrom(lan)): string => {
  const [text = "", type = ""] = question.split(" ");
  const name = parseName(text);
  const zone = findZone(zones, name);
  if (zone === undefined) return "not ours";
  const found = lookup(zone, name, type);
  if (found.kind !== "answer") return found.kind;
  return found.records
    .map((it) => `${showRecord(it).split(" ").slice(2).join(" ")} ${it.ttl}`)
    .join(", ");
};

describe("buildMachineZones", () => {
  it.each([
    ["node1.kindling.lan A", "10.77.0.11 300"],
    ["node2.kindling.lan A", "10.77.0.12 60"],
    ["node2.kindling.lan AAAA", "no-data"],
    ["controller.kindling.lan A", "10.77.0.11 60, 10.77.0.50 60, 10.77.0.12 60"],
    ["tectonic.kindling.lan A", "no-data"],
    ["_etcd._tcp.kindling.lan SRV", "0 0 2379 node1.kindling.lan 300"],
    ["kindling.lan NS", "provisioner.kindling.lan 300"],
    [
      "kindling.lan SOA",
      "provisioner.kindling.lan hostmaster.kindling.lan 42 3600 600 1209600 60 300",
    ],
    ["11.0.77.10.in-addr.arpa PTR", "node1.kindling.lan 300"],
    ["12.0.77.10.in-addr.arpa PTR", "node2.kindling.lan 60"],
    ["1.0.77.10.in-addr.arpa PTR", "provisioner.kindling.lan 300"],
    ["1.4.78.10.in-addr.arpa PTR", "provisioner.kindling.lan 300"],
    ["99.0.77.10.in-addr.arpa PTR", "name-error"],
    ["011.0.77.10.in-addr.arpa PTR", "name-error"],
    ["267.0.77.10.in-addr.arpa PTR", "name-error"],
    ["0.77.10.in-addr.arpa NS", "provisioner.kindling.lan 300"],
    ["1.7.78.10.in-addr.arpa PTR", "name-error"],
    ["1.8.78.10.in-addr.arpa PTR", "not ours"],
    ["9.0.99.10.in-addr.arpa PTR", "not ours"],
    ["node3.kindling.lan A", "10.99.0.9 60"],
    ["node9.kindling.lan A", "name-error"],
  ])("holds %s as %s", (question, want) => expect(ask(question)).toBe(want));

  it("shows each interface our address in its own subnet", () => {
    expect(ask("provisioner.kindling.lan A", seenFrom(lan))).toBe("10.77.0.1 300");
    expect(ask("provisioner.kindling.lan A", seenFrom(rack))).toBe("10.78.4.1 300");
  });
});

describe("reversePieces", () => {
  it.each([
    ["10.77.0.0/24", ["10.77.0.0/24"]],
    ["10.77.0.128/25", ["10.77.0.0/24"]],
    ["10.77.0.7/32", ["10.77.0.0/24"]],
    ["10.78.4.0/22", ["10.78.4.0/24", "10.78.5.0/24", "10.78.6.0/24", "10.78.7.0/24"]],
    ["10.78.0.0/16", ["10.78.0.0/16"]],
    ["10.78.0.0/15", ["10.78.0.0/16", "10.79.0.0/16"]],
    ["10.0.0.0/8", ["10.0.0.0/8"]],
  ])("cuts %s at octets", (subnet, want) =>
    expect(reversePieces(parseSubnet(subnet)).map(formatSubnet)).toEqual(want),
  );
});
