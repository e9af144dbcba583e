import { describe, expect, it } from "vitest";
import { resolveConfig } from "../src/config/resolve.ts";
import { fitSettings, settingsOf } from "../src/daemon-settings.ts";
import { parseIpv4 } from "../src/wire/ipv4.ts";
import { parseSubnet } from "../src/wire/subnet.ts";

const links = [
  { device: "eth0", address: parseIpv4("10.77.0.1"), subnet: parseSubnet("10.77.0.0/24") },
  { device: "eth1", address: parseIpv4("10.88.0.1"), subnet: parseSubnet("10.88.0.0/24") },
];

function resolve(text: string) {
  const file = { name: "k.yaml", text };
  const resolution = resolveConfig({ file, environment: {}, flags: {} });
  if (resolution.kind === "invalid") throw new Error(JSON.stringify(resolution.problems));
  return resolution;
}

const settingsFrom = (text: string) => settingsOf(resolve(text).config, links);

describe("settingsOf", () => {
  it("gives out the whole of each served subnet where no pool is named", () => {
    const { scopes } = settingsFrom("").dhcp;
    expect(scopes.map(({ pools }) => pools)).toEqual([
      [{ first: parseIpv4("10.77.0.0"), last: parseIpv4("10.77.0.255") }],
      [{ first: parseIpv4("10.88.0.0"), last: parseIpv4("10.88.0.255") }],
    ]);
  });

  it("puts each pool on the link that holds it, and none on a link without", () => {
    const { scopes } = settingsFrom("dhcp: {pools: [10.88.0.10-10.88.0.20]}").dhcp;
    expect(scopes.map(({ pools }) => pools.length)).toEqual([0, 1]);
  });

  it("tells machines this daemon as their resolver, each by the address of its own link", () => {
    const { scopes } = settingsFrom("").dhcp;
    expect(scopes.map(({ dns }) => dns)).toEqual([[links[0]?.address], [links[1]?.address]]);
  });

  const resolvers = [
    { name: "those named", text: "dhcp: {dns: [9.9.9.9]}", want: [parseIpv4("9.9.9.9")] },
    { name: "none when DNS is not served", text: "dns: {enabled: false}", want: [] },
  ];
  it.each(resolvers)("tells as resolvers $name", ({ text, want }) => {
    expect(settingsFrom(text).dhcp.scopes[0]?.dns).toEqual(want);
  });

  it("takes a menu and quirks as they were written, and none by default", () => {
    const items = "[{text: Install}, {text: Disk, boot: local}, {text: Old, boot: 10.0.0.9}]";
    const { menu, quirks } = settingsFrom(
      `dhcp: {menu: {items: ${items}}, quirks: [{mac: 52-54-00-00-00-01, force: [form-b-first]}]}`,
    ).dhcp;
    expect(menu).toMatchObject({ timeout: 10, broadcast: false });
    expect(menu?.items.map(({ boot }) => boot)).toEqual(["loader", "local", parseIpv4("10.0.0.9")]);
    expect([...quirks]).toEqual([["52:54:00:00:00:01", { force: ["form-b-first"], forbid: [] }]]);
    const plain = settingsFrom("").dhcp;
    expect([plain.menu, plain.quirks.size]).toEqual([undefined, 0]);
  });

  const refused = [
    {
      name: "a pool that no link holds",
      text: "dhcp: {pools: [10.99.0.1-10.99.0.9]}",
      words:
        "dhcp.pools: want addresses inside 10.77.0.0/24 on eth0, 10.88.0.0/24 on eth1, got 10.99.0.1-10.99.0.9",
    },
    {
      name: "a pool that leaves its subnet",
      text: "dhcp: {pools: [10.77.0.200-10.77.1.20]}",
      words: "got 10.77.0.200-10.77.1.20",
    },
    {
      name: "a reservation that no link holds",
      text: "dhcp: {reservations: [{mac: '52:54:00:00:00:01', address: 10.99.0.1}]}",
      words: "dhcp.reservations: want addresses inside",
    },
    {
      name: "one address reserved twice",
      text: "dhcp: {reservations: [{mac: '52:54:00:00:00:01', address: 10.77.0.5}, {mac: '52:54:00:00:00:02', address: 10.77.0.5}]}",
      words: "dhcp.reservations: 10.77.0.5 is given twice; keep one row",
    },
    {
      name: "one machine named twice",
      text: "dhcp: {reservations: [{mac: '52:54:00:00:00:01', address: 10.77.0.5}, {mac: '52:54:00:00:00:01', address: 10.77.0.6}]}",
      words: "dhcp.reservations: 52:54:00:00:00:01 is given twice; keep one row",
    },
    {
      name: "one machine's quirks set twice",
      text: "dhcp: {quirks: [{mac: '52:54:00:00:00:01'}, {mac: '52:54:00:00:00:01'}]}",
      words: "dhcp.quirks: 52:54:00:00:00:01 is given twice; keep one row",
    },
    {
      name: "a menu that firmware cannot hold",
      text: `dhcp: {menu: {items: [${Array.from({ length: 5 }, () => `{text: ${"x".repeat(30)}}`).join()}]}}`,
      words: "dhcp.menu: want at most 160 bytes of option 43, got",
    },
  ];
  it.each(refused)("refuses $name", ({ text, words }) => {
    expect(() => settingsFrom(text)).toThrow(words);
  });
});

describe("fitSettings", () => {
  it.each([
    ["dhcp: {pools: [10.99.0.1-10.99.0.9]}", "k.yaml:1:15: dhcp.pools: want addresses inside"],
    ["dns: {controller: {targets: ['!']}}", "k.yaml:1:29: dns.controller.targets: "],
    ["dns: {records: [{name: a, type: A, value: x}]}", 'k.yaml:1:16: dns record "a" A: '],
  ])("says where what does not fit was given: %s", (text, words) => {
    expect(() => fitSettings(resolve(text), links)).toThrow(words);
  });

  it("asks nothing of DNS settings while DNS is off", () => {
    const text = "dns: {enabled: false, records: [{name: a, type: A, value: x}]}";
    expect(() => fitSettings(resolve(text), links)).not.toThrow();
  });
});
