import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { makeSecrets } from "../../src/installer/make-secrets.ts";
import { authorityOf } from "../../src/installer/secrets.ts";
import { clusterOf, clusterText, goodSite, readCluster } from "../support/cluster.ts";

const occasion = { now: goodSite.now, joinNames: ["10.77.0.1"] };
const cluster = clusterOf("smallest");
const secrets = await makeSecrets(cluster, occasion);

describe("makeSecrets", () => {
  it("signs each certificate with its authority", () => {
    const signers = [...secrets.certificates].map(([key, { cert }]) => {
      const leaf = new X509Certificate(cert);
      const signer = [...secrets.authorities].find(([, pair]) => {
        const authority = new X509Certificate(pair.cert);
        return leaf.checkIssued(authority) && leaf.verify(authority.publicKey);
      });
      return [key, signer?.[0]];
    });
    expect(Object.fromEntries(signers)).toEqual({
      "join-server": "cluster",
      "etcd-server@c1": "etcd",
      "etcd-peer@c1": "etcd",
      "etcd-client@c1": "etcd",
    });
  });

  it("gives each machine a token of 256 bits", () => {
    const tokens = [...secrets.joinTokens.values()];
    expect(new Set(tokens).size).toBe(2);
    for (const token of tokens) expect(token).toMatch(/^[\w-]{43}$/);
  });

  it("keeps what is there when a machine comes to it", async () => {
    const text = clusterText("smallest").replace(
      "workers:\n",
      "workers:\n  - { name: w2, mac: 52:54:00:77:02:02, address: 10.77.0.22 }\n",
    );
    const later = { ...occasion, now: occasion.now + 1 };
    const grown = await makeSecrets(readCluster(text), later, secrets);
    expect(grown.authorities).toEqual(secrets.authorities);
    expect(grown.certificates).toEqual(secrets.certificates);
    expect(grown.serviceAccount).toEqual(secrets.serviceAccount);
    expect(grown.bootstrapToken).toEqual(secrets.bootstrapToken);
    expect(grown.joinTokens.get("w1")).toBe(secrets.joinTokens.get("w1"));
    expect(grown.joinTokens.size).toBe(3);
  });

  it("signs under a given authority, and keeps it", async () => {
    const own = authorityOf(secrets, "cluster");
    const given = await makeSecrets({ ...cluster, authority: own }, occasion);
    expect(authorityOf(given, "cluster")).toEqual(own);
    const join = new X509Certificate(given.certificates.get("join-server")?.cert ?? "");
    expect(join.verify(new X509Certificate(own.cert).publicKey)).toBe(true);
  });
});
