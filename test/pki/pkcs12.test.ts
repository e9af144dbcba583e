import { execFileSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KeyAlgorithms } from "../../src/pki/certificate-plan.ts";
import { certify, openAuthority } from "../../src/pki/certify.ts";
import { formatPkcs12 } from "../../src/pki/pkcs12.ts";
import { planAuthority, planLeaves } from "../../src/rpc/certificates.ts";

const now = Date.now();
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kindling-p12-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(KeyAlgorithms)("a log-in with a key of %s", (algorithm) => {
  const password = "a longer one, 20 &c";
  let file = "";
  let pair = { cert: "", key: "" };
  let authority = { cert: "", key: "" };
  beforeAll(async () => {
    authority = await certify(planAuthority(now));
    const { client } = planLeaves({ names: [], now, days: 1 });
    pair = await certify({ ...client, algorithm }, openAuthority(authority));
    file = join(folder, `${algorithm}.p12`);
    writeFileSync(file, formatPkcs12({ pair, authority: authority.cert, password, name: "anna" }));
  });
  const openssl = (...words: readonly string[]) =>
    execFileSync("openssl", ["pkcs12", "-in", file, ...words], { encoding: "utf8", stdio: "pipe" });

  it("is opened by OpenSSL, its MAC checked, with all that went into it", () => {
    const said = openssl("-passin", `pass:${password}`, "-nodes");
    const key = /-----BEGIN PRIVATE KEY-----[\s\S]*-----END PRIVATE KEY-----/.exec(said)?.[0] ?? "";
    expect(createPrivateKey(key).equals(createPrivateKey(pair.key))).toBe(true);
    const found = said.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
    const prints = found.map((pem) => new X509Certificate(pem).fingerprint256);
    const want = [pair.cert, authority.cert].map((pem) => new X509Certificate(pem).fingerprint256);
    expect(prints).toEqual(want);
    expect(said).toContain("friendlyName: anna");
  });

  it("is opened by no other password", () => {
    expect(() => openssl("-passin", "pass:x", "-nodes")).toThrow(/invalid password/);
  });
});
