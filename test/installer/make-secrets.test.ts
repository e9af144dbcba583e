import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { makeSecrets } from "../../src/installer/make-secrets.ts";
import { authorityOf } from "../../src/installer/secrets.ts";
import { clusterOf, clusterText, goodSite, readCluster } from "../support/cluster.ts";

const { now } = goodSite;
const cluster = clusterOf("smallest");
const secrets = await makeSecrets(cluster, now);

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
    const grown = await makeSecrets(readCluster(text), now + 1, secrets);
    expect(grown.authorities).toEqual(secrets.authorities);
    expect(grown.certificates).toEqual(secrets.certificates);
    expect(grown.serviceAccount).toEqual(secrets.serviceAccount);
    expect(grown.bootstrapToken).toEqual(secrets.bootstrapToken);
    expect(grown.joinTokens.get("w1")).toBe(secrets.joinTokens.get("w1"));
    expect(grown.joinTokens.size).toBe(3);
  });

  it("signs under a given authority, and keeps it", async () => {
    const own = authorityOf(secrets, "cluster");
    const kubernetes = { version: "v1.36.1", sandboxImage: "pause:3" };
    const given = await makeSecrets({ ...cluster, kubernetes, authority: own }, now);
    expect(authorityOf(given, "cluster")).toEqual(own);
    const admin = new X509Certificate(given.certificates.get("admin")?.cert ?? "");
    expect(admin.verify(new X509Certificate(own.cert).publicKey)).toBe(true);
  });
});
