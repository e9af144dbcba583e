import { describe, expect, it } from "vitest";
import { firewallFiles, renderFirewall, sidesOf } from "../../src/installer/firewall.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { clusterOf, goodSite } from "../support/cluster.ts";

describe("renderFirewall", () => {
  const cluster = clusterOf("ha");
  const text = renderFirewall(cluster, "worker", sidesOf(cluster, goodSite));

  it("replaces what it loaded before, in one transaction", () => {
    expect(text).toMatch(/^# .*\ntable inet kindling\ndelete table inet kindling\n\ntable inet/);
  });

  it("drops what no row lets in, and out where the rows are all there is", () => {
    expect(text.match(/policy (\w+);/g)).toEqual(["policy drop;", "policy drop;"]);
    const open = { ...cluster, firewall: { ...cluster.firewall, egress: "open" } as const };
    const other = renderFirewall(open, "worker", sidesOf(open, goodSite));
    expect(other.match(/policy (\w+);/g)).toEqual(["policy drop;", "policy accept;"]);
    expect(other).not.toContain("R38");
  });

  it("marks each rule with its row, so that counters and logs can be read", () => {
    expect(text).toContain('ip saddr @users tcp dport 22 accept comment "R36.ssh"');
    expect(text).toContain('ip daddr @machines meta l4proto { tcp, udp } accept comment "R42.out"');
  });
});

describe("sidesOf", () => {
  it("takes the served subnets for users where none are named", () => {
    expect(sidesOf(clusterOf("smallest"), goodSite).users).toEqual(["10.77.0.0/24"]);
  });

  const named = { origin: "http://boot.lan:8080", joinOrigin: "https://boot.lan:8444" };
  const elsewhere = { origin: "https://mirror.lan" };
  const own = [parseIpv4("10.77.0.1"), parseIpv4("10.78.0.1")];
  const lookups = new Map([["boot.lan", [parseIpv4("10.77.0.2")]]]);
  it.each([
    { name: "addresses, as they are", change: { own }, want: ["10.77.0.1"] },
    {
      name: "a name, by the links that are served",
      change: { ...named, own },
      want: ["10.77.0.1", "10.78.0.1"],
    },
    {
      name: "a name in our own zones, by what they say",
      change: { ...named, own, lookups },
      want: ["10.77.0.2"],
    },
    {
      name: "a mirror elsewhere, which rules cannot name",
      change: { mirror: elsewhere, own },
      want: ["10.77.0.1"],
    },
    { name: "a name of which nothing is known", change: named, want: [] },
  ])("knows the provisioner of $name", ({ change, want }) => {
    const { mirror: _, ...site } = goodSite;
    expect(sidesOf(clusterOf("smallest"), { ...site, ...change }).provisioner).toEqual(want);
  });
});

describe("firewallFiles", () => {
  it("puts nothing onto machines where the level is off", () => {
    const none = firewallFiles(clusterOf("external"), "worker", goodSite);
    expect(none).toEqual({ files: [], units: [] });
  });
});
