// tsyringe, below @peculiar/x509, does not load without it. It patches `Reflect` for the whole
// process, so nothing but the command that makes certificates should import this file.
import "reflect-metadata";
import { createPrivateKey, KeyObject, X509Certificate as NodeCertificate } from "node:crypto";
import { isIP } from "node:net";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { KindlingError } from "../errors.ts";
import type { CertificatePlan, KeyAlgorithm, PemPair } from "./certificate-plan.ts";

type SigningKey = Awaited<ReturnType<typeof newKeys>>["privateKey"];

/** Who answers for a certificate. */
export type Issuer = { readonly certificate: X509Certificate; readonly key: SigningKey };

/** Makes a key and its certificate, signed by the issuer or, without one, by itself. */
export async function certify(plan: CertificatePlan, issuer?: Issuer): Promise<PemPair> {
  const keys = await newKeys(plan.algorithm ?? "ecdsa-p256");
  const subject = subjectOf(plan);
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: issuer?.certificate.subjectName ?? subject,
    notBefore: new Date(plan.notBefore),
    notAfter: new Date(plan.notAfter),
    publicKey: keys.publicKey,
    signingKey: issuer?.key ?? keys.privateKey,
    extensions: await extensionsOf(plan, keys.publicKey, issuer?.certificate),
  });
  const key = KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" });
  return { cert: `${certificate.toString("pem")}\n`, key: key.toString() };
}

/** The certificate and key of an authority, ours or another's; `tls.unusable` if they are none. */
export function openAuthority({ cert, key }: PemPair): Issuer {
  try {
    const privateKey = createPrivateKey(key);
    const certificate = new NodeCertificate(cert);
    if (certificate.checkPrivateKey(privateKey)) {
      return { certificate: new X509Certificate(certificate.raw), key: signingKeyOf(privateKey) };
    }
  } catch (error) {
    if (error instanceof KindlingError) throw error;
    throw unusable(error instanceof Error ? error.message : String(error), error);
  }
  throw unusable("the key of another certificate");
}

function unusable(got: string, cause?: unknown): KindlingError {
  const want = "want in ca.key the RSA or ECDSA key of ca.crt, without a passphrase";
  const cure = "make a new set in another folder";
  return new KindlingError("tls.unusable", `${want}, got ${got}: ${cure}`, {}, cause);
}

/** OpenSSL's name of a curve → WebCrypto's. */
const Curves: Readonly<Record<string, string>> = {
  prime256v1: "P-256",
  secp384r1: "P-384",
  secp521r1: "P-521",
};

// matchbox's scripts make RSA authorities.
function signingKeyOf(key: KeyObject): SigningKey {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === "rsa") {
    return key.toCryptoKey({ name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, false, ["sign"]);
  }
  const namedCurve = Curves[details?.namedCurve ?? ""];
  if (namedCurve === undefined) throw unusable(`a key of type ${details?.namedCurve ?? type}`);
  return key.toCryptoKey({ name: "ECDSA", namedCurve }, false, ["sign"]);
}

function newKeys(algorithm: KeyAlgorithm) {
  return crypto.subtle.generateKey(KeyParameters[algorithm], true, ["sign", "verify"]);
}

const rsa = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  publicExponent: new Uint8Array([1, 0, 1]),
};
const KeyParameters = {
  "ecdsa-p256": { name: "ECDSA", namedCurve: "P-256" },
  "rsa-2048": { ...rsa, modulusLength: 2048 },
  "rsa-3072": { ...rsa, modulusLength: 3072 },
} as const;

function subjectOf({ commonName, organizations = [] }: CertificatePlan) {
  return [...organizations.map((name) => ({ O: [name] })), { CN: [commonName] }];
}

async function extensionsOf(
  { authority, keyUsages, purposes, names }: CertificatePlan,
  publicKey: SigningKey,
  issuer?: X509Certificate,
): Promise<Extension[]> {
  const usages = keyUsages.reduce((bits, usage) => bits | KeyUsageFlags[usage], 0);
  const extensions: Extension[] = [
    // pathLenConstraint 0: an authority signs leaves and no further authority.
    new BasicConstraintsExtension(authority, authority ? 0 : undefined, true),
    new KeyUsagesExtension(usages, true),
    await SubjectKeyIdentifierExtension.create(publicKey),
  ];
  if (purposes.length > 0) {
    const ends = purposes.map((purpose) => ExtendedKeyUsage[purpose]);
    extensions.push(new ExtendedKeyUsageExtension(ends));
  }
  if (issuer !== undefined) extensions.push(await issuerMark(issuer));
  if (names.length > 0) {
    extensions.push(new SubjectAlternativeNameExtension(names.map(alternativeName)));
  }
  return extensions;
}

// RFC 5280 §4.2.1.1: what the issuer calls its key; another's may be no hash that we would make.
async function issuerMark(issuer: X509Certificate): Promise<Extension> {
  const own = issuer.getExtension(SubjectKeyIdentifierExtension);
  return own === null
    ? AuthorityKeyIdentifierExtension.create(issuer.publicKey)
    : new AuthorityKeyIdentifierExtension(own.keyId);
}

function alternativeName(name: string) {
  switch (isIP(name)) {
    case 4:
      return { type: "ip", value: name } as const;
    case 6:
      return { type: "ip", value: plainIpv6(name) } as const;
    default:
      return { type: "dns", value: name } as const;
  }
}

// The package takes the tail of ::ffff:10.0.0.1 for one word of hexadecimal digits.
function plainIpv6(address: string): string {
  if (address.includes("%")) {
    const message = `a certificate names no zone: leave out what follows "%" in ${address}`;
    throw new KindlingError("usage.invalid", message);
  }
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}
