import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { inspectAuthority } from "../../src/installer/inspect-authority.ts";
import { planCertificates, planClusterAuthority } from "../../src/installer/pki-plan.ts";
import { certify } from "../../src/pki/certify.ts";
import { clusterOf, goodSite } from "../support/cluster.ts";

const cluster = clusterOf("smallest");
const { now } = goodSite;
const authority = await certify(planClusterAuthority(cluster, "cluster", now));
const [leafWish] = planCertificates(cluster, now);
if (leafWish === undefined) throw new Error("there is a certificate to join by");
const leaf = await certify(leafWish.plan);
const pem = { type: "pkcs8", format: "pem" } as const;
const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export(pem).toString();
const ed25519 = generateKeyPairSync("ed25519").privateKey.export(pem).toString();

describe("inspectAuthority", () => {
  it("tells how long an authority lasts", () => {
    const facts = inspectAuthority(authority);
    expect(facts).toEqual({
      kind: "usable",
      notBefore: now - 3_600_000,
      notAfter: now + 3650 * 86_400_000,
    });
  });

  it.each([
    { name: "another's key", pair: { ...authority, key: other }, want: /another certificate/ },
    { name: "a key of another kind", pair: { ...authority, key: ed25519 }, want: /type ed25519/ },
    { name: "a leaf", pair: leaf, want: /no authority/ },
    { name: "no certificate", pair: { ...authority, cert: "x" }, want: /./ },
    { name: "no key", pair: { ...authority, key: "x" }, want: /./ },
  ])("says why $name is of no use", ({ pair, want }) => {
    expect(inspectAuthority(pair)).toEqual({ kind: "unusable", why: expect.stringMatching(want) });
  });
});
