import { describe, expect, it } from "vitest";
import type { FirewallSettings } from "../../src/installer/cluster.ts";
import { chosenRows, firewallMatrix } from "../../src/installer/firewall-matrix.ts";
import { clusterOf } from "../support/cluster.ts";

const settings: FirewallSettings = {
  ...{ level: "may", userNetworks: [], egress: "listed", nodePortIngress: true, legacy: true },
};
const cluster = clusterOf("ha", { firewall: settings });
const withLevel = (level: FirewallSettings["level"], legacy = true) => {
  return clusterOf("ha", { firewall: { ...settings, level, legacy } });
};
const ids = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);

describe("chosenRows", () => {
  it("takes each level with those below it", () => {
    const counts = (["off", "must", "should", "may"] as const).map((level) => {
      return chosenRows(withLevel(level), "controller").length;
    });
    expect(counts[0]).toBe(0);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(new Set(counts).size).toBe(4);
  });

  it("leaves legacy ports shut unless they are asked for", () => {
    expect(ids(chosenRows(withLevel("may"), "worker"))).toContain("R43.cadvisor");
    expect(ids(chosenRows(withLevel("may", false), "worker"))).not.toContain("R43.cadvisor");
  });

  it("follows the ports of the description", () => {
    const byId = new Map(firewallMatrix(cluster).map((row) => [row.id, row.ports]));
    expect(byId.get("own.api")).toBe("6443");
    expect(byId.get("R36.vxlan")).toBe("8472");
  });

  it("has ingress where the console's name leads: on infra nodes, else on workers", () => {
    const https = (roles: readonly string[]) => (row: { id: string; roles: readonly string[] }) => {
      return /https|own\.http$/.test(row.id) && roles.some((role) => row.roles.includes(role));
    };
    const inwards = (of: typeof cluster) => {
      return firewallMatrix(of).filter(({ direction }) => direction === "in");
    };
    expect(inwards(cluster).filter(https(["worker"]))).toEqual([]);
    expect(inwards(clusterOf("external")).filter(https(["worker"]))).toHaveLength(2);
  });

  it("opens etcd's ports only where etcd is", () => {
    expect(ids(firewallMatrix(clusterOf("external")))).not.toContain("own.etcd");
    const outwards = firewallMatrix(clusterOf("external")).find(({ id }) => id === "R38.etcd");
    expect(outwards?.level).toBe("must");
  });

  it("lets machines reach pods of others by the machines' own link where routes lead there", () => {
    expect(ids(firewallMatrix(cluster))).toContain("own.pods");
    const flannel = clusterOf("ha", { podNetwork: "flannel" });
    expect(ids(firewallMatrix(flannel))).not.toContain("own.pods");
    expect(ids(firewallMatrix(clusterOf("smallest")))).not.toContain("own.pods");
  });

  it("names each row once", () => {
    const rows = ids(firewallMatrix(cluster));
    expect(new Set(rows).size).toBe(rows.length);
  });
});
