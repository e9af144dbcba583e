import { describe, expect, it } from "vitest";
import { assignNames } from "../../src/dns/host-names.ts";
import { parseDnsSettings } from "../../src/dns/settings.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";
import { binding, dnsSettings } from "../support/dns.ts";

const plan = parseDnsSettings(
  dnsSettings({
    records: [
      { name: "www", type: "CNAME", value: "node1" },
      { name: "noted", type: "TXT", value: "rack 4" },
    ],
  }),
);

const Rows = [
  { name: "names a lease", rows: ["Node1 10.77.0.11"], hosts: ["node1 11"] },
  { name: "names a reservation", rows: ["node1 10.77.0.11 reserved"], hosts: ["node1 11"] },
  { name: "passes over the nameless", rows: ["- 10.77.0.11"], hosts: [] },
  { name: "cleans names", rows: ["Anna's~PC.corp 10.77.0.11"], hosts: ["anna-s-pc 11"] },
  {
    name: "reports names that nothing is left of",
    rows: ["___ 10.77.0.11"],
    hosts: [],
    problems: ["not-a-host-name 11"],
  },
  ...["localhost", "wpad", "isatap", "WPAD.example.org"].map((hijack) => ({
    name: `gives nobody the name ${hijack}, not even a reservation`,
    rows: [`${hijack} 10.77.0.11`, `${hijack} 10.77.0.12 reserved`],
    hosts: [],
    problems: ["hijack-name 12", "hijack-name 11"],
  })),
  ...["provisioner", "controller", "tectonic", "Controller.kindling.lan"].map((ours) => ({
    name: `keeps ${ours} for itself`,
    rows: [`${ours} 10.77.0.11`, `${ours} 10.77.0.12 reserved`],
    hosts: [],
    problems: ["service-name 12", "service-name 11"],
  })),
  {
    name: "lets no machine call itself console, but an operator call one so",
    rows: ["console 10.77.0.11", "console 10.77.0.12 reserved"],
    hosts: ["console 12"],
    problems: ["service-name 11"],
  },
  {
    name: "keeps static addresses and aliases, but shares a name with a text",
    rows: ["www 10.77.0.11", "noted 10.77.0.12"],
    hosts: ["noted 12"],
    problems: ["static-name 11"],
  },
  {
    name: "lets a client called like the domain's first label be a host below it",
    rows: ["kindling 10.77.0.11"],
    hosts: ["kindling 11"],
  },
  {
    name: "gives a reserved name to no other machine, whichever comes first",
    rows: ["node1 10.77.0.66", "node1 10.77.0.11 reserved", "node1 10.77.0.67"],
    hosts: ["node1 11"],
    problems: ["reserved-name 66", "reserved-name 67"],
  },
  {
    name: "moves a name to the later of two leases",
    rows: ["node1 10.77.0.11", "node1 10.77.0.12"],
    hosts: ["node1 12"],
    problems: ["duplicate-name 11"],
  },
  {
    name: "moves a name to the later of two reservations",
    rows: ["node1 10.77.0.11 reserved", "node1 10.77.0.12 reserved"],
    hosts: ["node1 12"],
    problems: ["duplicate-name 11"],
  },
  {
    name: "sees one machine's reservation and lease as no quarrel, the lease being where it is",
    rows: [
      "node1 10.77.0.11 reserved 52:54:00:00:00:01",
      "node1 10.77.0.99 leased 52:54:00:00:00:01",
    ],
    hosts: ["node1 99"],
  },
];

describe("assignNames", () => {
  it.each(Rows)("$name", ({ rows, hosts: want, ...more }) => {
    const { hosts, problems } = assignNames(plan, rows.map(binding));
    const octet = (address: Parameters<typeof formatIpv4>[0]) => formatIpv4(address).split(".")[3];
    const named = [...hosts.values()].map(({ name, binding }) => [
      name.replace(".kindling.lan", ""),
      octet(binding.address),
    ]);
    expect(named.map((it) => it.join(" "))).toEqual(want);
    const told = problems.map(({ reason, address }) => `${reason} ${octet(address)}`);
    expect(told).toEqual("problems" in more ? more.problems : []);
  });
});
