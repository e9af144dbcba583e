import { WireError } from "../errors.ts";
import {
  bitString,
  type Der,
  integer,
  objectId,
  octetString,
  readDer,
  sequence,
  set,
  tagged,
  time,
  truth,
  utf8String,
} from "./der.ts";

/** Object identifiers: RFC 5758 §3.2, X.520, RFC 5280 §4.2. */
const Oid = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
} as const;

/** Bits of keyUsage in the first byte, and how many at its end are not meant. */
const KeyUsage = { digitalSignature: [0x80, 7], signCertificatesAndLists: [0x06, 1] } as const;

const dayMs = 86_400_000;
/** How far clocks may differ: a certificate counts from so long before it was made. */
const skewMs = 3_600_000;

/** Who answers for a certificate: its name and key as they stand in its own. */
export type Issuer = { readonly name: Der; readonly publicKey: Der };

/** What a certificate says. Keys are SubjectPublicKeyInfo, as Node exports `spki`. */
export type CertificatePlan = {
  readonly commonName: string;
  readonly publicKey: Der;
  readonly serialNumber: Uint8Array;
  readonly now: number;
  readonly days: number;
  readonly use:
    | { readonly kind: "authority" }
    | { readonly kind: "client" }
    /** Known by these: DNS names, or addresses as bytes. */
    | { readonly kind: "server"; readonly names: readonly (string | Uint8Array)[] };
};

/** What the cryptography is done with: `sign` is ECDSA with SHA-256 in DER, by the issuer's key. */
export type Signing = {
  readonly sign: (bytes: Uint8Array) => Uint8Array;
  readonly sha1: (bytes: Uint8Array) => Uint8Array;
};

/** X.500 name of one common name. */
export function nameOf(commonName: string): Der {
  return sequence(set(sequence(objectId(Oid.commonName), utf8String(commonName))));
}

/**
 * Makes an X.509 v3 certificate (RFC 5280 §4.1) in DER. Without `issuer` it is signed by itself.
 */
export function makeCertificate(plan: CertificatePlan, signing: Signing, issuer?: Issuer): Der {
  const subject = nameOf(plan.commonName);
  const algorithm = sequence(objectId(Oid.ecdsaWithSha256));
  const version3 = tagged(0, "constructed", integer(Uint8Array.of(2)));
  const body = sequence(
    version3,
    integer(plan.serialNumber),
    algorithm,
    issuer?.name ?? subject,
    sequence(time(plan.now - skewMs), time(plan.now + plan.days * dayMs)),
    subject,
    plan.publicKey,
    tagged(3, "constructed", sequence(...extensionsOf(plan, signing, issuer))),
  );
  return sequence(body, algorithm, bitString(signing.sign(body)));
}

/** The name and the key of an existing certificate in DER; throws `WireError` if it is none. */
export function parseIssuer(certificate: Der): Issuer {
  const [outer] = readDer(certificate);
  const [body] = readDer(outer?.contents ?? new Uint8Array());
  // version, serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo, …
  const [, , , , , name, publicKey] = readDer(body?.contents ?? new Uint8Array());
  if (name !== undefined && publicKey !== undefined) {
    return { name: name.whole, publicKey: publicKey.whole };
  }
  const details = { field: "certificate", want: "an X.509 v3 certificate" };
  throw new WireError("wire.invalid", "want an X.509 v3 certificate, got other DER", details);
}

function extensionsOf(plan: CertificatePlan, { sha1 }: Signing, issuer?: Issuer): readonly Der[] {
  const { use, publicKey } = plan;
  const subjectKey = octetString(sha1(keyBits(publicKey)));
  const own = extension(Oid.subjectKeyIdentifier, subjectKey);
  if (use.kind === "authority") {
    // pathLenConstraint 0: it signs leaves and no further authority.
    const authority = sequence(truth, integer(Uint8Array.of(0)));
    return [
      extension(Oid.basicConstraints, authority, "critical"),
      extension(Oid.keyUsage, usageBits("signCertificatesAndLists"), "critical"),
      own,
    ];
  }
  const issuerKey = sha1(keyBits(issuer?.publicKey ?? publicKey));
  const purpose = use.kind === "server" ? Oid.serverAuth : Oid.clientAuth;
  const names = use.kind === "server" ? use.names : [];
  return [
    extension(Oid.basicConstraints, sequence(), "critical"),
    extension(Oid.keyUsage, usageBits("digitalSignature"), "critical"),
    extension(Oid.extendedKeyUsage, sequence(objectId(purpose))),
    own,
    extension(Oid.authorityKeyIdentifier, sequence(tagged(0, "primitive", issuerKey))),
    ...(names.length > 0
      ? [extension(Oid.subjectAltName, sequence(...names.map(alternativeName)))]
      : []),
  ];
}

function extension(id: string, value: Der, critical?: "critical"): Der {
  const flag = critical === undefined ? [] : [truth];
  return sequence(objectId(id), ...flag, octetString(value));
}

function usageBits(usage: keyof typeof KeyUsage): Der {
  const [bits, unused] = KeyUsage[usage];
  return bitString(Uint8Array.of(bits), unused);
}

// GeneralName: dNSName [2], iPAddress [7] in 4 or 16 bytes.
function alternativeName(name: string | Uint8Array): Der {
  return typeof name === "string"
    ? tagged(2, "primitive", Buffer.from(name, "ascii"))
    : tagged(7, "primitive", name);
}

// RFC 5280 §4.2.1.2 (1): the key's bits, without tag, length and the count of unused bits.
function keyBits(publicKey: Der): Uint8Array {
  const [outer] = readDer(publicKey);
  const [, bits] = readDer(outer?.contents ?? new Uint8Array());
  return (bits?.contents ?? new Uint8Array()).subarray(1);
}
