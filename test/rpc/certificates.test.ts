import { createHash, generateKeyPairSync, sign, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import {
  type CertificatePlan,
  makeCertificate,
  nameOf,
  parseIssuer,
  type Signing,
} from "../../src/rpc/certificates.ts";
import { sequence } from "../../src/rpc/der.ts";

const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
const leafKeys = generateKeyPairSync("ec", { namedCurve: "P-256" });
const spki = (pair: typeof keys) => pair.publicKey.export({ type: "spki", format: "der" });
const signing: Signing = {
  sign: (bytes) => sign("sha256", bytes, keys.privateKey),
  sha1: (bytes) => createHash("sha1").update(bytes).digest(),
};
const now = Date.UTC(2026, 10, 20, 12);
const base: Omit<CertificatePlan, "use"> = {
  commonName: "Räume & Maschinen, 2",
  publicKey: spki(keys),
  serialNumber: Uint8Array.of(1, 2, 3),
  now,
  days: 10,
};
const authority = makeCertificate({ ...base, use: { kind: "authority" } }, signing);
const issuer = parseIssuer(authority);

describe("makeCertificate", () => {
  it("makes an authority that has signed itself", () => {
    const certificate = new X509Certificate(authority);
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(keys.publicKey)).toBe(true);
    expect(certificate.subject).toBe(certificate.issuer);
    expect(certificate.serialNumber).toBe("010203");
    expect(certificate.validFromDate).toEqual(new Date("2026-11-20T11:00:00Z"));
    expect(certificate.validToDate).toEqual(new Date("2026-11-30T12:00:00Z"));
  });

  const uses = [
    { use: { kind: "client" }, usage: "1.3.6.1.5.5.7.3.2", names: undefined },
    {
      use: { kind: "server", names: ["boot.lan", Uint8Array.of(10, 0, 0, 1)] },
      usage: "1.3.6.1.5.5.7.3.1",
      names: "DNS:boot.lan, IP Address:10.0.0.1",
    },
  ] as const;
  it.each(uses)("makes a $use.kind's", ({ use, usage, names }) => {
    const plan = { ...base, commonName: "leaf", publicKey: spki(leafKeys), use };
    const leaf = new X509Certificate(makeCertificate(plan, signing, issuer));
    expect(leaf.checkIssued(new X509Certificate(authority))).toBe(true);
    expect(leaf.verify(keys.publicKey)).toBe(true);
    expect(leaf.checkPrivateKey(leafKeys.privateKey)).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.keyUsage).toEqual([usage]);
    expect(leaf.subjectAltName).toBe(names);
  });
});

describe("parseIssuer", () => {
  it("takes name and key from a certificate", () => {
    expect(Buffer.from(issuer.name)).toEqual(Buffer.from(nameOf(base.commonName)));
    expect(Buffer.from(issuer.publicKey)).toEqual(spki(keys));
  });

  it.each([sequence(), sequence(sequence()), new Uint8Array(), authority.subarray(0, 90)])(
    "refuses other bytes",
    (bytes) => expect(() => parseIssuer(bytes)).toThrow(WireError),
  );
});
