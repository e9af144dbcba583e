import { describe, expect, it } from "vitest";
import { resolveConfig } from "../../src/config/resolve.ts";
import { fitSettings } from "../../src/daemon-settings.ts";
import { formatIpv4, parseIpv4 } from "../../src/wire/ipv4.ts";
import { formatSubnet, parseSubnet } from "../../src/wire/subnet.ts";

const served = [
  { device: "eth0", address: parseIpv4("10.77.0.1"), subnet: parseSubnet("10.77.0.0/24") },
  { device: "eth1", address: parseIpv4("10.88.0.1"), subnet: parseSubnet("10.88.0.0/24") },
];

/** The settings of `dhcp: {…}`, written in YAML's flow form. */
function dhcp(text: string) {
  const file = { name: "k.yaml", text: `dhcp: {${text}}` };
  const resolution = resolveConfig({ file, environment: {}, flags: {} });
  if (resolution.kind === "invalid") throw new Error(JSON.stringify(resolution.problems));
  return fitSettings(resolution, served).dhcp;
}

const link = (text: string) =>
  dhcp(text).scopes.map(({ subnet, link: on }) => [
    formatSubnet(subnet),
    typeof on === "number" ? formatIpv4(on) : on,
  ]);

describe("scopesOf", () => {
  it("adds subnets to those of the interfaces, behind relays", () => {
    expect(link("subnets: [{subnet: 10.99.0.0/24}]")).toEqual([
      ["10.99.0.0/24", "relays"],
      ["10.77.0.0/24", undefined],
      ["10.88.0.0/24", undefined],
    ]);
  });

  it.each([
    { name: "its own interface", row: "subnet: 10.77.0.0/24", want: "10.77.0.1" },
    {
      name: "the interface it names",
      row: "subnet: 10.99.0.0/24, interface: eth1",
      want: "10.88.0.1",
    },
    {
      name: "relays, where it says so",
      row: "subnet: 10.77.0.0/24, relayOnly: true",
      want: "relays",
    },
  ])("puts a subnet on $name", ({ row, want }) => {
    expect(link(`subnets: [{${row}}]`)[0]?.[1]).toBe(want);
  });

  it("puts a shared network on the link of one of its subnets", () => {
    const rows =
      "{subnet: 10.99.0.0/24, sharedNetwork: a}, {subnet: 10.88.0.0/24, sharedNetwork: a}";
    expect(link(`subnets: [${rows}]`).slice(0, 2)).toEqual([
      ["10.99.0.0/24", "10.88.0.1"],
      ["10.88.0.0/24", "10.88.0.1"],
    ]);
  });

  it("takes what an interface's own row leaves out from the flat settings", () => {
    const flat = "pools: [10.77.0.10-10.77.0.20], router: 10.77.0.254, dns: [9.9.9.9]";
    const [own, remote] = dhcp(
      `${flat}, subnets: [{subnet: 10.77.0.0/24}, {subnet: 10.99.0.0/24}]`,
    ).scopes;
    expect(own).toMatchObject({
      pools: [{ first: parseIpv4("10.77.0.10") }],
      router: parseIpv4("10.77.0.254"),
      domain: "kindling.lan",
    });
    expect(remote).toMatchObject({
      pools: [{ first: parseIpv4("10.99.0.0"), last: parseIpv4("10.99.0.255") }],
      dns: [parseIpv4("9.9.9.9")],
      domain: "kindling.lan",
    });
    expect(remote?.router).toBeUndefined();
  });

  it("carries a row's own settings", () => {
    const [scope] =
      dhcp(`classes: [{name: arm, cpu: [arm64], options: {mtu: 9000}, lease: 10m}], subnets: [{
      subnet: 10.99.0.0/24, router: 10.99.0.1, exclude: [10.99.0.1-10.99.0.9], identity: client-id,
      pools: [10.99.0.10-10.99.0.20, {range: 10.99.0.30-10.99.0.40, class: arm}],
      options: {42: [10.0.0.1], "43.1": "hex:0a", 121: "10.0.0.0/8 via 10.99.0.254", 252: "text:x"},
      leaseTimes: {boot: 2m}, authoritative: false, rapidCommit: true}]`).scopes;
    expect(scope).toMatchObject({
      identity: "client-id",
      authoritative: false,
      rapidCommit: true,
      leaseTimes: { boot: 120 },
      excluded: [{ first: parseIpv4("10.99.0.1") }],
    });
    expect(scope?.pools.map(({ classes }) => classes)).toEqual([undefined, ["arm"]]);
    expect([...(scope?.options?.keys() ?? [])]).toEqual([42, 121, 252, 43]);
  });

  const rows = (text: string) => `subnets: [{subnet: 10.99.0.0/24, ${text}}]`;
  it.each([
    {
      name: "subnets that overlap",
      text: "subnets: [{subnet: 10.99.0.0/24}, {subnet: 10.99.0.128/25}]",
      words: "k.yaml:1:17: dhcp.subnets: 10.99.0.0/24 and 10.99.0.128/25 overlap; keep one of them",
    },
    {
      name: "a subnet twice",
      text: "subnets: [{subnet: 10.99.0.0/24}, {subnet: 10.99.0.0/24}]",
      words: "10.99.0.0/24 and 10.99.0.0/24 overlap",
    },
    {
      name: "a subnet over an interface's",
      text: "subnets: [{subnet: 10.77.0.0/16}]",
      words: "10.77.0.0/16 and 10.77.0.0/24 overlap",
    },
    {
      name: "a pool outside",
      text: rows("pools: [10.99.0.9-10.99.1.9]"),
      words:
        "dhcp.subnets[0]: pools[0]: want addresses inside 10.99.0.0/24, got 10.99.0.9-10.99.1.9",
    },
    {
      name: "pools that overlap",
      text: rows("pools: [10.99.0.1-10.99.0.9, 10.99.0.9-10.99.0.12]"),
      words: "pools[1] overlaps pools[0]",
    },
    {
      name: "an exclusion outside",
      text: rows("exclude: [10.98.0.1-10.98.0.2]"),
      words: "exclude: want addresses inside 10.99.0.0/24",
    },
    {
      name: "a router outside",
      text: rows("router: 10.98.0.1"),
      words: "router: want addresses inside 10.99.0.0/24, got 10.98.0.1",
    },
    {
      name: "a flat router outside",
      text: "router: 10.98.0.1",
      words: "dhcp.router: want addresses inside",
    },
    {
      name: "an unknown interface",
      text: rows("interface: eth7"),
      words: "interface: want one of eth0, eth1, got eth7",
    },
    {
      name: "an interface for relays only",
      text: rows("interface: eth1, relayOnly: true"),
      words: "relayOnly and interface exclude each other; keep one",
    },
    {
      name: "an unknown class",
      text: rows("pools: [{range: 10.99.0.1-10.99.0.2, class: arm}]"),
      words: "pools[0]: there is no class arm; add it to dhcp.classes or mend the name",
    },
    {
      name: "a bad option",
      text: rows("options: {mtu: big}"),
      words: "dhcp.subnets[0].options: option mtu: want a whole number from 0 to 65535, got",
    },
    {
      name: "a bad option of all",
      text: "options: {51: 60}",
      words: "dhcp.options: option 51: it is not to be set",
    },
    {
      name: "a bad option of a reservation",
      text: "reservations: [{mac: '52:54:00:00:00:01', options: {npt: x}}]",
      words: "dhcp.reservations[0].options: option npt: there is no option of that name",
    },
    {
      name: "a bad option of a class",
      text: "classes: [{name: a, options: {npt: x}}]",
      words: "dhcp.classes[0].options: option npt",
    },
    {
      name: "one class twice",
      text: "classes: [{name: a}, {name: a}]",
      words: "dhcp.classes: class a is given twice; keep one row",
    },
    {
      name: "one port twice",
      text: "reservations: [{circuitId: 'hex:07', address: 10.77.0.5}, {circuitId: 'hex:07', address: 10.77.0.6}]",
      words: "dhcp.reservations: port 07/ is given twice; keep one row",
    },
  ])("refuses $name", ({ text, words }) => {
    expect(() => dhcp(text)).toThrow(words);
  });
});

it("reads identifiers as bytes: pairs, hex: or text", () => {
  const rows = ["01:52:54", "hex:0152", "eth 0/7", "ab"].map(
    (id, index) => `{clientId: '${id}', address: 10.77.0.${index + 5}}`,
  );
  const { reservations } = dhcp(`reservations: [${rows.join(", ")}]`);
  expect(reservations.map(({ clientId }) => clientId)).toEqual([
    "015254",
    "0152",
    Buffer.from("eth 0/7").toString("hex"),
    "6162",
  ]);
});

it("protects the names of services and of the zone's own hosts", () => {
  expect([...(dhcp("").protectedNames ?? [])]).toEqual([
    "localhost",
    "wpad",
    "isatap",
    "provisioner",
    "controller",
    "tectonic",
  ]);
});
