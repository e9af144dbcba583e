import { describe, expect, it } from "vitest";
import { firewallFiles, renderFirewall, sidesOf } from "../../src/installer/firewall.ts";
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

  it("leaves a provisioner out that is known by name alone", () => {
    const site = { ...goodSite, origin: "http://boot.lan:8080" };
    expect(sidesOf(clusterOf("smallest"), site).provisioner).toEqual(["10.77.0.1"]);
  });
});

describe("firewallFiles", () => {
  it("puts nothing onto machines where the level is off", () => {
    const none = firewallFiles(clusterOf("external"), "worker", goodSite);
    expect(none).toEqual({ files: [], units: [] });
  });
});
