import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeSecrets } from "../../src/installer/make-secrets.ts";
import { planCertificates } from "../../src/installer/pki-plan.ts";
import type { ClusterSecrets } from "../../src/installer/secrets.ts";
import type { KeyAlgorithm } from "../../src/pki/certificate-plan.ts";
import { clusterOf } from "../support/cluster.ts";

const now = Date.now();
const openssl = (folder: string, ...words: readonly string[]) => {
  return execa("openssl", words, { cwd: folder });
};

// OpenSSL at its strictest reads every certificate of a whole cluster, of each kind of key.
describe.each<{ algorithm: KeyAlgorithm; signature: string }>([
  { algorithm: "ecdsa-p256", signature: "ecdsa-with-SHA256" },
  { algorithm: "rsa-2048", signature: "sha256WithRSAEncryption" },
  { algorithm: "rsa-3072", signature: "sha256WithRSAEncryption" },
])("a cluster with $algorithm", ({ algorithm, signature }) => {
  const cluster = clusterOf("ha", { keyAlgorithm: algorithm });
  const wishes = planCertificates(cluster, now);
  let folder = "";
  let secrets: ClusterSecrets;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kindling-cluster-"));
    secrets = await makeSecrets(cluster, now);
    for (const [name, { cert }] of secrets.authorities) {
      await writeFile(join(folder, `${name}.ca`), cert);
    }
    for (const [key, { cert }] of secrets.certificates) {
      await writeFile(join(folder, `${key}.crt`), cert);
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("is verified for each purpose and by each name", async () => {
    const { stdout: version } = await openssl(folder, "version");
    for (const { key, signer, plan } of wishes) {
      const verify = ["verify", "-x509_strict", "-check_ss_sig", "-CAfile", `${signer}.ca`];
      const checks = [
        ...plan.purposes.map((purpose) => ["-purpose", `ssl${purpose.replace("Auth", "")}`]),
        ...plan.names.map((name) => [
          /^[\d.]+$/.test(name) ? "-verify_ip" : "-verify_hostname",
          name,
        ]),
      ];
      for (const check of checks) {
        const { stdout } = await openssl(folder, ...verify, ...check, `${key}.crt`);
        expect(stdout, version).toBe(`${key}.crt: OK`);
      }
    }
  });

  it("is refused under another authority, and for what it is not for", async () => {
    const refused = async (...words: readonly string[]) => {
      const { exitCode } = await execa("openssl", ["verify", ...words], {
        cwd: folder,
        reject: false,
      });
      return exitCode !== 0;
    };
    expect(await refused("-CAfile", "etcd.ca", "admin.crt")).toBe(true);
    expect(await refused("-CAfile", "cluster.ca", "etcd-peer@c1.crt")).toBe(true);
    const server = ["-CAfile", "cluster.ca", "-purpose", "sslserver"];
    expect(await refused(...server, "admin.crt")).toBe(true);
    const elsewhere = ["-CAfile", "cluster.ca", "-verify_hostname", "c2.dc1.example.com"];
    expect(await refused(...elsewhere, "apiserver@c1.crt")).toBe(true);
  });

  it("reads as it was planned", async () => {
    const text = async (key: string) => {
      return (await openssl(folder, "x509", "-text", "-noout", "-in", `${key}.crt`)).stdout;
    };
    const api = await text("apiserver@c1");
    expect(api).toContain(`Signature Algorithm: ${signature}`);
    expect(api).toMatch(/Subject: CN ?= ?kube-apiserver/);
    expect(api).toContain("DNS:api.dc1.example.com, DNS:kubernetes, DNS:kubernetes.default");
    expect(api).toContain("IP Address:10.30.0.1");
    expect(api).toContain("CA:FALSE");
    const admin = await text("admin");
    expect(admin).toMatch(/Subject: O ?= ?system:masters, CN ?= ?anna/);
    expect(admin).toContain("TLS Web Client Authentication");
    expect(admin.includes("Key Encipherment")).toBe(algorithm !== "ecdsa-p256");
  });
});
