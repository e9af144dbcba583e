import { describe, expect, it } from "vitest";
import {
  authoritiesOf,
  planCertificates,
  planClusterAuthority,
} from "../../src/installer/pki-plan.ts";
import { type ClusterName, clusterOf, goodSite } from "../support/cluster.ts";

const planned = (name: ClusterName) => planCertificates(clusterOf(name), goodSite.now);
const find = (name: ClusterName, key: string) => {
  const wish = planned(name).find((row) => row.key === key);
  if (wish === undefined) throw new Error(`no ${key}`);
  return wish;
};

describe("planCertificates", () => {
  it("knows the API server by every name that leads to it", () => {
    const { plan, signer } = find("ha", "apiserver@c1");
    expect(signer).toBe("cluster");
    expect(plan.names).toEqual([
      "api.dc1.example.com",
      ...["kubernetes", "kubernetes.default", "kubernetes.default.svc"],
      ...["kubernetes.default.svc.cluster.local", "10.30.0.1"],
      ...["c1.dc1.example.com", "c1", "10.77.0.11", "localhost", "127.0.0.1"],
    ]);
    expect(plan.purposes).toEqual(["serverAuth"]);
    expect(plan.algorithm).toBe("rsa-2048");
  });

  it.each([
    { key: "admin", name: "anna", groups: ["system:masters"] },
    { key: "kube-proxy", name: "system:kube-proxy", groups: ["system:node-proxier"] },
    { key: "scheduler@c1", name: "system:kube-scheduler", groups: undefined },
    { key: "controller-manager@c3", name: "system:kube-controller-manager", groups: undefined },
    { key: "kubelet-client@c2", name: "kube-apiserver-kubelet", groups: ["system:masters"] },
  ])("logs $key in as $name", ({ key, name, groups }) => {
    const { plan } = find("ha", key);
    expect(plan).toMatchObject({ commonName: name, purposes: ["clientAuth"], names: [] });
    expect(plan.organizations).toEqual(groups);
  });

  it("lets etcd's peers speak both ways, under an authority of its own", () => {
    const { plan, signer } = find("ha", "etcd-peer@c2");
    expect(signer).toBe("etcd");
    expect(plan.purposes).toEqual(["serverAuth", "clientAuth"]);
    expect(plan.names).toEqual(["c2.dc1.example.com", "c2", "10.77.0.12"]);
  });

  it("names etcd's servers by all that clients ask for, the domain of their SRV records too", () => {
    const { apiName, domain } = clusterOf("ha");
    const { names } = find("ha", "etcd-server@c2").plan;
    expect(names).toEqual(expect.arrayContaining([apiName, domain, `c2.${domain}`, "10.77.0.12"]));
    expect(find("ha", "etcd-peer@c2").plan.names).not.toContain(domain);
  });

  it("makes nothing of etcd that is elsewhere, and nothing of Kubernetes that is not wanted", () => {
    expect(planned("external").some(({ key }) => key.startsWith("etcd"))).toBe(false);
    expect(authoritiesOf(clusterOf("external"))).toEqual(["cluster", "front-proxy"]);
    expect(planned("smallest").map(({ key }) => key)).toEqual([
      ...["etcd-server@c1", "etcd-peer@c1", "etcd-client@c1"],
    ]);
  });

  it("makes no certificate for a machine that asks for its own", () => {
    expect(planned("ha").some(({ key }) => /@(?:w|i)/.test(key))).toBe(false);
  });

  it("gives leaves a year and authorities ten, from an hour ago for clocks that are late", () => {
    const days = (from: number, to: number) => (to - from) / 86_400_000;
    for (const { plan } of planned("ha")) {
      expect(days(goodSite.now, plan.notAfter)).toBe(365);
      expect(goodSite.now - plan.notBefore).toBe(3_600_000);
      expect(plan.authority).toBe(false);
    }
    const authority = planClusterAuthority(clusterOf("ha"), "etcd", goodSite.now);
    expect(authority).toMatchObject({ commonName: "prod etcd CA", authority: true, purposes: [] });
    expect(days(goodSite.now, authority.notAfter)).toBe(3650);
  });
});
