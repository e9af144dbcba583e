import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";
import { KindlingError } from "../errors.ts";
import {
  type CertificatePlan,
  type Issuer,
  makeCertificate,
  parseIssuer,
  type Signing,
} from "./certificates.ts";

/** A certificate and its key, as PEM. */
export type PemPair = { readonly cert: string; readonly key: string };

/** What a set is made for. */
export type SetPlan = {
  /** DNS names and addresses that clients will dial. */
  readonly names: readonly string[];
  readonly now: number;
  readonly days: number;
};

/** An authority signs for ten years; leaves are renewed under it without telling the clients. */
const authorityDays = 3650;

/** Makes an authority with a key of its own: ECDSA on P-256. */
export function makeAuthority(now: number): PemPair {
  const keys = newKeys();
  const commonName = `kindling CA ${new Date(now).toISOString().slice(0, 10)}`;
  const plan = { ...baseOf(commonName, keys), now, days: authorityDays };
  const use = { kind: "authority" } as const;
  return pairOf(makeCertificate({ ...plan, use }, signingBy(keys.privateKey)), keys);
}

/** Makes the server's and the client's certificate, each with a new key. */
export function makeLeaves(
  authority: PemPair,
  { names, now, days }: SetPlan,
): { readonly server: PemPair; readonly client: PemPair } {
  const { issuer, signing } = openAuthority(authority);
  const make = (commonName: string, use: CertificatePlan["use"]): PemPair => {
    const keys = newKeys();
    const plan = { ...baseOf(commonName, keys), now, days, use };
    return pairOf(makeCertificate(plan, signing, issuer), keys);
  };
  return {
    server: make("kindling server", { kind: "server", names: names.map(alternativeName) }),
    client: make("kindling client", { kind: "client" }),
  };
}

/** The DNS names and addresses of a server's certificate in PEM. */
export function serverNames(pem: string): readonly string[] {
  const names = new X509Certificate(pem).subjectAltName?.split(", ") ?? [];
  return names.map((name) => name.replace(/^(?:DNS|IP Address):/, "").toLowerCase());
}

/** How long before its end a certificate is worth a word. */
const warnDays = 30;

/** What to tell an operator about a certificate's end; nothing while it is far. */
export function describeExpiry(
  file: string,
  pem: string,
  now: number,
): { readonly kind: "expired" | "soon"; readonly message: string } | undefined {
  const end = expiryOf(pem) ?? 0;
  const days = Math.floor((end - now) / 86_400_000);
  if (days >= warnDays) return undefined;
  const day = new Date(end).toISOString().slice(0, 10);
  const cure = "renew it with `kindling tls init --renew`";
  return end <= now
    ? { kind: "expired", message: `${file} has expired on ${day}: ${cure}` }
    : { kind: "soon", message: `${file} expires in ${days} days, on ${day}: ${cure}` };
}

/** When a PEM certificate ends, in milliseconds since the epoch; undefined if it is none. */
export function expiryOf(pem: string | Buffer): number | undefined {
  try {
    return new X509Certificate(pem).validToDate.getTime();
  } catch {
    return undefined; // whatever OpenSSL could not read in it
  }
}

function openAuthority({ cert, key }: PemPair): { issuer: Issuer; signing: Signing } {
  const certificate = new X509Certificate(cert);
  const privateKey = createPrivateKey(key);
  if (privateKey.asymmetricKeyType !== "ec" || !certificate.checkPrivateKey(privateKey)) {
    const got = privateKey.asymmetricKeyType ?? "another";
    const message = `want the EC key of ca.crt in ca.key, got ${got} key that may be another's`;
    throw new KindlingError("tls.unusable", `${message}: make a new set in another folder`);
  }
  return { issuer: parseIssuer(certificate.raw), signing: signingBy(privateKey) };
}

function baseOf(commonName: string, keys: Keys) {
  const publicKey = keys.publicKey.export({ type: "spki", format: "der" });
  // RFC 5280 §4.1.2.2: positive, at most 20 bytes; 15 random ones and a first that is never 0.
  const serialNumber = Buffer.concat([Uint8Array.of(1), randomBytes(15)]);
  return { commonName, publicKey, serialNumber };
}

function signingBy(key: KeyObject): Signing {
  return {
    sign: (bytes) => sign("sha256", bytes, { key, dsaEncoding: "der" }),
    sha1: (bytes) => createHash("sha1").update(bytes).digest(),
  };
}

type Keys = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };

function newKeys(): Keys {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function pairOf(certificate: Uint8Array, { privateKey }: Keys): PemPair {
  const key = privateKey.export({ type: "pkcs8", format: "pem" });
  return { cert: new X509Certificate(certificate).toString(), key: key.toString() };
}

function alternativeName(name: string): string | Uint8Array {
  if (isIPv4(name)) return Uint8Array.from(name.split(".").map(Number));
  return isIPv6(name) ? ipv6Bytes(name) : name;
}

/** `fe80::1` → 16 bytes; `isIPv6` has agreed to it. */
function ipv6Bytes(text: string): Uint8Array {
  const [left = "", right] = text.split("::");
  const words = (half: string) => (half === "" ? [] : half.split(":"));
  const [head, tail] = [words(left), words(right ?? "")];
  const gap = right === undefined ? 0 : 8 - head.length - tail.length;
  const all = [...head, ...Array<string>(gap).fill("0"), ...tail];
  return Buffer.from(all.map((word) => word.padStart(4, "0")).join(""), "hex");
}
