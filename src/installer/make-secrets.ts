import { generateKeyPairSync, randomBytes } from "node:crypto";
import type { PemPair } from "../pki/certificate-plan.ts";
import type { Cluster } from "./cluster.ts";
import { authoritiesOf, planCertificates, planClusterAuthority } from "./pki-plan.ts";
import { type AuthorityName, bootstrapTokenFrom, type ClusterSecrets } from "./secrets.ts";

/** A token is as hard to guess as an AES key. */
const joinTokenBytes = 32;
/** Three times what is needed: one byte in 64 is left out. */
const bootstrapTokenBytes = 66;

/**
 * Makes all secrets of a cluster, or those that an earlier set lacks: authorities, keys and tokens that
 * are there stay, so that a machine more costs the others nothing.
 */
export async function makeSecrets(
  cluster: Cluster,
  now: number,
  before?: ClusterSecrets,
): Promise<ClusterSecrets> {
  const { certify, openAuthority } = await loadMaker();
  const authorities = new Map<AuthorityName, PemPair>();
  for (const name of authoritiesOf(cluster)) {
    const given = name === "cluster" ? cluster.authority : undefined;
    const plan = planClusterAuthority(cluster, name, now);
    authorities.set(name, given ?? before?.authorities.get(name) ?? (await certify(plan)));
  }
  const issuers = new Map(
    [...authorities].map(([name, pair]) => [name, openAuthority(pair)] as const),
  );
  const certificates = new Map<string, PemPair>();
  for (const { key, signer, plan } of planCertificates(cluster, now)) {
    const kept = before?.certificates.get(key);
    certificates.set(key, kept ?? (await certify(plan, issuers.get(signer))));
  }
  return {
    authorities,
    certificates,
    serviceAccount: before?.serviceAccount ?? serviceAccountKeys(),
    bootstrapToken: before?.bootstrapToken ?? bootstrapTokenFrom(randomBytes(bootstrapTokenBytes)),
    joinTokens: new Map(
      cluster.nodes.map(({ name }) => [name, before?.joinTokens.get(name) ?? joinToken()] as const),
    ),
  };
}

function joinToken(): string {
  return randomBytes(joinTokenBytes).toString("base64url");
}

// RSA, as every release since 1.0 signs tokens with.
function serviceAccountKeys(): ClusterSecrets["serviceAccount"] {
  return pairOf(
    generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    }),
  );
}

function pairOf(keys: { readonly publicKey: string; readonly privateKey: string }) {
  return { private: keys.privateKey, public: keys.publicKey };
}

// Whoever only renders need not load what writes certificates.
function loadMaker() {
  return import("../pki/certify.ts");
}
