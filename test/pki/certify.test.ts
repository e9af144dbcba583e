import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { KindlingError } from "../../src/errors.ts";
import type { CertificatePlan } from "../../src/pki/certificate-plan.ts";
import { certify, openAuthority } from "../../src/pki/certify.ts";
import { planAuthority, planLeaves } from "../../src/rpc/certificates.ts";

const now = Date.UTC(2026, 10, 20, 12) + 345; // a certificate counts in whole seconds
const authority = await certify(planAuthority(now));
const issuer = openAuthority(authority);
const serverOf = (...names: string[]) => planLeaves({ names, now, days: 10 }).server;

async function make(plan: CertificatePlan) {
  const { cert, key } = await certify(plan, issuer);
  return { certificate: new X509Certificate(cert), key: createPrivateKey(key) };
}

describe("certify", () => {
  it("makes an authority that has signed itself", () => {
    const certificate = new X509Certificate(authority.cert);
    expect(certificate.ca).toBe(true);
    const noFurtherOne = Buffer.from("30060101ff020100", "hex"); // cA, pathLenConstraint 0
    expect(certificate.raw.includes(noFurtherOne)).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.subject).toBe("CN=kindling CA 2026-11-20");
    expect(certificate.subject).toBe(certificate.issuer);
    expect(certificate.validFromDate).toEqual(new Date("2026-11-20T11:00:00Z"));
    expect(certificate.validToDate).toEqual(new Date("2036-11-17T12:00:00Z"));
  });

  it.each([
    { plan: serverOf("a.lan"), usage: "1.3.6.1.5.5.7.3.1", names: "DNS:a.lan" },
    {
      plan: planLeaves({ names: ["a.lan"], now, days: 10 }).client,
      usage: "1.3.6.1.5.5.7.3.2",
      names: undefined,
    },
  ])("makes a $plan.commonName's under it", async ({ plan, usage, names }) => {
    const { certificate, key } = await make(plan);
    const ca = new X509Certificate(authority.cert);
    expect(certificate.checkIssued(ca)).toBe(true);
    expect(certificate.verify(ca.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(key)).toBe(true);
    expect(key.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual([usage]);
    expect(certificate.subjectAltName).toBe(names);
  });

  it("names groups before the name, and both ends where both are meant", async () => {
    const { server } = planLeaves({ names: [], now, days: 10 });
    const organizations = ["system:masters", "other"];
    const purposes = ["serverAuth", "clientAuth"] as const;
    const { certificate } = await make({ ...server, organizations, purposes });
    expect(certificate.subject).toBe("O=system:masters\nO=other\nCN=kindling server");
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
  });

  it.each([
    { algorithm: "rsa-2048", modulusLength: 2048 },
    { algorithm: "rsa-3072", modulusLength: 3072 },
  ] as const)("makes a key of $algorithm", async ({ algorithm, modulusLength }) => {
    const { certificate, key } = await make({ ...serverOf("a.lan"), algorithm });
    expect(key.asymmetricKeyDetails).toMatchObject({ modulusLength, publicExponent: 65_537n });
    expect(certificate.checkPrivateKey(key)).toBe(true);
  });

  it.each([
    { name: "boot.lan", want: "DNS:boot.lan" },
    { name: "10.0.0.1", want: "IP Address:10.0.0.1" },
    { name: "2001:db8::1", want: "IP Address:2001:DB8:0:0:0:0:0:1" },
    { name: "::", want: "IP Address:0:0:0:0:0:0:0:0" },
    { name: "1:2:3:4:5:6:7:8", want: "IP Address:1:2:3:4:5:6:7:8" },
    { name: "::ffff:10.0.0.1", want: "IP Address:0:0:0:0:0:FFFF:A00:1" },
  ])("knows a server as $name", async ({ name, want }) => {
    expect((await make(serverOf(name))).certificate.subjectAltName).toBe(want);
  });

  it("refuses a zone, which no certificate can name", async () => {
    await expect(make(serverOf("fe80::1%eth0"))).rejects.toThrow(KindlingError);
  });

  it("gives each a positive serial number of its own", async () => {
    const made = await Promise.all([1, 2, 3, 4].map(() => make(serverOf("a.lan"))));
    const serials = made.map(({ certificate }) => certificate.serialNumber);
    expect(new Set(serials).size).toBe(4);
    for (const serial of serials) expect(serial).toMatch(/^[0-9A-F]{20,34}$/);
  });

  it("writes times from 2050 on without a fraction", async () => {
    const plan = { ...serverOf("a.lan"), notAfter: Date.UTC(2050, 0, 1) + 345 };
    const { certificate } = await make(plan);
    expect(certificate.raw.includes("20500101000000Z")).toBe(true);
  });

  it("ends its PEM with a line of its own", () => {
    expect(authority.cert).toBe(new X509Certificate(authority.cert).toString());
  });
});

describe("openAuthority", () => {
  const pem = { type: "pkcs8", format: "pem" } as const;
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const locked = { ...pem, cipher: "aes-256-cbc", passphrase: "x" };
  it.each([
    { name: "another's key", key: other.export(pem).toString() },
    { name: "a locked key", key: other.export(locked).toString() },
    { name: "no key", key: "" },
    { name: "no certificate", cert: "none" },
  ])("refuses $name", ({ cert = authority.cert, key = authority.key }) => {
    expect(() => openAuthority({ cert, key })).toThrow(/^want in ca\.key .*: make a new set/);
  });
});
