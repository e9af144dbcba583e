import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { PemPair } from "../../src/pki/certificate-plan.ts";
import { makeAuthority, makeLeaves } from "../../src/rpc/credential-set.ts";

const names = ["boot.lan", "10.0.0.1", "2001:db8::1"];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kindling-certificates-"));
});
afterEach(() => rm(folder, { recursive: true }));

const openssl = (...words: readonly string[]) => execa("openssl", words, { cwd: folder });

/** Makes leaves under the authority and asks OpenSSL, at its strictest, for its word on them. */
async function expectAccepted(authority: PemPair): Promise<PemPair> {
  const { server, client } = await makeLeaves(authority, { names, now: Date.now(), days: 2 });
  await writeFile(join(folder, "ca.crt"), authority.cert);
  await writeFile(join(folder, "server.crt"), server.cert);
  await writeFile(join(folder, "client.crt"), client.cert);
  const verify = ["verify", "-x509_strict", "-check_ss_sig", "-CAfile", "ca.crt"];
  for (const [purpose, ...flags] of [
    ["server", "-verify_hostname", "boot.lan"],
    ["server", "-verify_ip", "10.0.0.1"],
    ["server", "-verify_ip", "2001:db8::1"],
    ["client"],
  ] as const) {
    const { stdout } = await openssl(
      ...[...verify, "-purpose", `ssl${purpose}`, ...flags, `${purpose}.crt`],
    );
    expect(stdout).toBe(`${purpose}.crt: OK`);
  }
  return server;
}

it("OpenSSL accepts a set of ours", async () => {
  await expectAccepted(await makeAuthority(Date.now()));
});

// RSA as matchbox's scripts make it, and what else signs for a company's network.
it.each([
  { name: "RSA", key: ["RSA", "-pkeyopt", "rsa_keygen_bits:4096"], mark: "hash" },
  { name: "P-384", key: ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"], mark: "01:02:03" },
  { name: "P-521", key: ["EC", "-pkeyopt", "ec_paramgen_curve:P-521"], mark: "hash" },
])("OpenSSL accepts leaves under an authority of its own with $name", async ({ key, mark }) => {
  await writeFile(join(folder, "ca.conf"), authorityConfig(mark));
  await openssl("genpkey", "-out", "ca.key", "-algorithm", ...key);
  await openssl(
    ...["req", "-new", "-x509", "-sha256", "-key", "ca.key", "-out", "ca.crt", "-utf8"],
    ...["-config", "ca.conf", "-subj", "/O=Räume/CN=fake-ca"],
  );
  const read = (file: string) => readFile(join(folder, file), "utf8");
  const server = await expectAccepted({ cert: await read("ca.crt"), key: await read("ca.key") });
  // Go compares the issuer's name byte by byte: it stays the UTF8String that OpenSSL wrote.
  const name = Buffer.from("\x0c\x07fake-ca");
  expect(new X509Certificate(server.cert).raw.includes(name)).toBe(true);
});

/** What matchbox's authority says, with this as the name of its key. */
function authorityConfig(mark: string): string {
  return `
[req]
distinguished_name = subject
x509_extensions = authority
[subject]
[authority]
subjectKeyIdentifier = ${mark}
basicConstraints = critical, CA:true
keyUsage = critical, digitalSignature, cRLSign, keyCertSign
`;
}
